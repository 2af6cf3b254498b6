package archive

import (
	_ "embed"
	"errors"
	"fmt"

	"earshot/casework"
	"earshot/classify"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
)

// A packed value is JSON compressed by zstd with a dictionary of member names and common values, because one mention alone is too
// short to compress. The dictionary's number is in the zstd frame; a new dictionary gets a new number and the old ones stay readable
// for good.
//
//go:embed pack.dict.jsonl
var dictionary []byte

const dictionaryID = 1

// maxPackedJSON bounds what one packed value may unfold to: a mention of sources.MaxMentionBytes with its verdict, with room to spare.
const maxPackedJSON = 16 << 20

var (
	packer = must(zstd.NewWriter(nil, zstd.WithEncoderDictRaw(dictionaryID, dictionary), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true)))
	unpacker = must(zstd.NewReader(nil, zstd.WithDecoderDictRaw(dictionaryID, dictionary), zstd.WithDecoderConcurrency(4),
		zstd.WithDecoderMaxMemory(maxPackedJSON), zstd.WithDecoderLowmem(true)))
)

// errNotPacked is wrapped when bytes of the record cannot be read: the record is damaged.
var errNotPacked = errors.New("archive: stored value cannot be read")

// Pack returns t as a store keeps it. The id, which every store keeps beside it, is left out.
func Pack(t classify.Tagged) ([]byte, error) {
	if t.Verdict.ID == t.Mention.ID {
		t.Verdict.ID = ""
	}
	t.Mention.ID = ""
	return PackValue(t)
}

// Unpack reverses Pack.
func Unpack(b []byte, id string) (classify.Tagged, error) {
	var t classify.Tagged
	if err := UnpackValue(b, &t); err != nil {
		return t, err
	}
	t.Mention.ID = id
	if t.Verdict.ID == "" {
		t.Verdict.ID = id
	}
	return t, nil
}

// UnpackEvent reads one packed event.
func UnpackEvent(b []byte) (casework.Event, error) {
	var e casework.Event
	return e, UnpackValue(b, &e)
}

// PackValue packs anything that has a JSON form.
func PackValue(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("archive: %T has no JSON form: %w", v, err)
	}
	return packer.EncodeAll(b, make([]byte, 0, len(b)/2)), nil
}

// UnpackValue reverses PackValue.
func UnpackValue(b []byte, into any) error {
	raw, err := unpacker.DecodeAll(b, make([]byte, 0, 4*len(b)))
	if err != nil {
		return fmt.Errorf("%w: %w", errNotPacked, err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", errNotPacked, err)
	}
	return nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
