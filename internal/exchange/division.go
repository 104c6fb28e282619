package exchange

import "github.com/google/uuid"

// Division (行政区划) is a GB/T 2260 division with its validity. A code that
// was replaced keeps its row: the past is asked about by the past's codes.
type Division struct {
	Code         string
	NameZH       string
	NameEN       string
	Level        int // 1 province, 2 prefecture, 3 county
	Parent       string
	Kind         string
	Valid        Span
	Predecessors []string
	Poverty56    bool // one of the 56 designated counties of Shaanxi
	Note         string
}

// Pairing (结对关系) is a dated pair of a Jiangsu unit and a Shaanxi county.
// JSUnit is empty where only the city pair is known.
type Pairing struct {
	ID         uuid.UUID
	JSCity     string
	JSUnit     string
	SNCity     string
	SNCounty   string
	Valid      Span
	Confidence string // sourced, sourced_indirect, knowledge_unverified, unknown
}
