package exchange

import (
	"time"

	"github.com/google/uuid"
)

// Category of goods.
type Category string

// The categories.
const (
	FreshFruit     Category = "FRESH_FRUIT"
	DriedFruit     Category = "DRIED_FRUIT"
	EdibleFungi    Category = "EDIBLE_FUNGI"
	Nuts           Category = "NUTS"
	Tea            Category = "TEA"
	Grain          Category = "GRAIN"
	Meat           Category = "MEAT"
	Poultry        Category = "POULTRY"
	Dairy          Category = "DAIRY"
	Processed      Category = "PROCESSED"
	Beverage       Category = "BEVERAGE"
	Condiment      Category = "CONDIMENT"
	LiveAquatic    Category = "LIVE_AQUATIC"
	TourismService Category = "TOURISM_SERVICE"
	Liquor         Category = "LIQUOR"
	Tobacco        Category = "TOBACCO"
	InfantFormula  Category = "INFANT_FORMULA"
	WildAnimal     Category = "WILD_ANIMAL"
)

// BaseUnit is what quantities of a product are counted in.
type BaseUnit string

// The base units.
const (
	Gram       BaseUnit = "G"
	Millilitre BaseUnit = "ML"
	Piece      BaseUnit = "PIECE"
	PersonDay  BaseUnit = "PERSON_DAY"
)

// Product (产品) with its sales unit (规格).
type Product struct {
	ID           uuid.UUID
	Producer     uuid.UUID // member
	NameZH       string
	NameEN       string
	Category     Category
	Origin       string // county code
	BaseUnit     BaseUnit
	SalesUnit    string
	UnitQuantity int64 // base units in one sales unit; nominal for catch weight
	CatchWeight  bool
	ReferenceFen int64 // mean price per sales unit; 0: not known
	Storage      string
	CreatedAt    time.Time
}
