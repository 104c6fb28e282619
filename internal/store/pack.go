package store

import (
	_ "embed"

	"github.com/klauspost/compress/s2"
)

// What is kept of an order as JSON (its events, the answer to its request, what
// policy decided on) is alike from order to order: names of fields, words, the
// ids of one offer. It is packed with a dictionary of such documents: the
// database would otherwise compress some of it by itself, at more cost and to
// less effect, and write the rest to its log as it is.

// packDictionary is what documents are packed against. It is part of what is
// kept: a changed one needs another mark, and both stay.
//
//go:embed pack_dictionary.json
var packDictionary []byte

var packs = s2.MakeDict(packDictionary, nil)

const (
	// packMark is how a document begins that is packed with the dictionary. JSON
	// never begins so.
	packMark = 1
	// leastPacked is from how many bytes packing is worth it.
	leastPacked = 256
	// mostUnpacked bounds what a packed document may become.
	mostUnpacked = 16 << 20
)

// pack packs a document for the database.
func pack(document []byte) []byte {
	if len(document) < leastPacked || len(document) > mostUnpacked {
		return document
	}
	buf := make([]byte, 1+s2.MaxEncodedLen(len(document)))
	buf[0] = packMark
	kept := packs.Encode(buf[1:], document)
	return append(make([]byte, 0, 1+len(kept)), buf[:1+len(kept)]...)
}

// unpack gives a document as it was. One that was kept before documents were
// packed is as it is; so is one that cannot be unpacked, which no reader takes
// for JSON.
func unpack(kept []byte) []byte {
	if len(kept) < 2 || kept[0] != packMark {
		return kept
	}
	length, err := s2.DecodedLen(kept[1:])
	if err != nil || length > mostUnpacked {
		return kept
	}
	document, err := packs.Decode(nil, kept[1:])
	if err != nil {
		return kept
	}
	return document
}
