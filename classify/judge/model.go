package judge

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"earshot/classify/facts"
	"earshot/classify/linear"
	"earshot/classify/trees"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
)

// Name is the name and version of the classifier; verdicts add the first digits of the model's SHA-256.
const Name = "earshot-fast@1"

var (
	//go:embed model/model.bin
	modelFile []byte
	//go:embed model/model.sha256
	modelSum string
)

// Calibration turns the logit of one head into a probability and says from where on it counts.
type Calibration struct {
	A         float64 `json:"a"` // probability = sigmoid(A*logit + B)
	B         float64 `json:"b"`
	Threshold float64 `json:"threshold"` // probability from which the label is given
	Low       float64 `json:"low"`       // from here to Threshold nobody should rely on the verdict: unsure
	High      float64 `json:"high"`      // from Threshold to here the label is given and unsure
}

// Probability is the calibrated probability of logit z.
func (c Calibration) Probability(z float32) float64 { return linear.Sigmoid(c.A*float64(z) + c.B) }

// logit is where the probability reaches p; NaN where it has no such place, or falls as the logit rises.
func (c Calibration) logit(p float64) float32 {
	if c.A <= 0 {
		return float32(math.NaN())
	}
	return float32((logit(p) - c.B) / c.A)
}

// logit is the log-odds of a probability: -Inf of nought.
func logit(p float64) float64 { return math.Log(p) - math.Log1p(-p) }

// FactModel weighs a text against a fact.
type FactModel struct {
	Touch          trees.Forest `json:"touch"`           // does the text speak of what the fact says?
	Side           trees.Forest `json:"side"`            // if so, against it?
	Threshold      float64      `json:"threshold"`       // probability of contradiction from which inaccuracy is given
	Low            float64      `json:"low"`             // as in Calibration
	High           float64      `json:"high"`            // as in Calibration
	TouchThreshold float64      `json:"touch_threshold"` // probability from which a fact is listed as touched
}

// Touches is the probability that the text speaks of the fact.
func (m *FactModel) Touches(f *facts.Candidate) float64 {
	return linear.Sigmoid(float64(m.Touch.Score(f.Features[:])))
}

// TouchesFrom is Touches where that may reach least; else it returns false, sooner.
func (m *FactModel) TouchesFrom(f *facts.Candidate, least float64) (p float64, reached bool) {
	z, reached := m.Touch.ScoreFrom(f.Features[:], float32(logit(least)))
	return linear.Sigmoid(float64(z)), reached
}

// Against is the probability that the text contradicts the fact, given what Touches returned: never more than that.
func (m *FactModel) Against(f *facts.Candidate, touches float64) float64 {
	return touches * linear.Sigmoid(float64(m.Side.Score(f.Features[:])))
}

// Stacked is a forest of the second layer with its calibration.
type Stacked struct {
	Calibration
	Forest trees.Forest `json:"forest"`
}

// Layer is what decides: forests over all that the layers below say.
type Layer struct {
	Facts  FactModel `json:"facts"`
	Second []Stacked `json:"second"` // in the order of Second; empty while the model is being learnt
}

// prepare lets l answer sooner.
func (l *Layer) prepare() {
	l.Facts.Touch.Prepare()
	for i := range l.Second {
		l.Second[i].Forest.Prepare()
	}
}

// Model is the linear model with the forests above it. Safe for concurrent use.
type Model struct {
	Linear     *linear.Model
	Fast       Layer
	Considered Layer  // reads the encoder's numbers too
	SHA        string // of the file it was read from, in hex; empty for a model that was never written
}

type header struct {
	Format     int       `json:"format"`
	Bits       uint      `json:"bits"`
	Heads      []string  `json:"heads"`
	Bias       []float32 `json:"bias"`
	Scale      []float32 `json:"scale"`
	Fast       Layer     `json:"fast"`
	Considered Layer     `json:"considered"`
}

const (
	modelFormat   = 2
	maxHeader     = 8 << 20
	maxTableBytes = 64 << 20
)

// ErrModel is wrapped by every error about a model file.
var ErrModel = errors.New("judge: the model cannot be used")

// Shipped is the model inside the program. Its bytes are checked against their SHA-256 once.
var Shipped = sync.OnceValues(func() (*Model, error) {
	sum := sha256.Sum256(modelFile)
	if got, want := hex.EncodeToString(sum[:]), strings.TrimSpace(modelSum); got != want {
		return nil, fmt.Errorf("%w: its SHA-256 is %s, not %s", ErrModel, got, want)
	}
	return ReadModel(modelFile)
})

// ReadModel reads what Write wrote.
func ReadModel(file []byte) (*Model, error) {
	z, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderMaxMemory(maxTableBytes+maxHeader), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	defer z.Close()
	var n uint32
	if err := binary.Read(z, binary.LittleEndian, &n); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if n > maxHeader {
		return nil, fmt.Errorf("%w: its header is too long", ErrModel)
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(z, raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	k := len(h.Heads)
	if h.Format != modelFormat || k == 0 || k > linear.MaxHeads || h.Bits < 8 || h.Bits > 22 || len(h.Bias) != k || len(h.Scale) != k || len(h.Fast.Second) != len(Second) || len(h.Considered.Second) != 0 && len(h.Considered.Second) != len(Second) {
		return nil, fmt.Errorf("%w: its parts do not fit together", ErrModel)
	}
	if !h.Fast.Facts.fits(facts.FeatureNear) || !h.Considered.Facts.fits(facts.FeatureCount) {
		return nil, fmt.Errorf("%w: its forests ask for signs that do not exist", ErrModel)
	}
	table := make([]byte, k<<h.Bits)
	if _, err := io.ReadFull(z, table); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	m := &Model{Linear: linear.New(h.Bits, h.Heads, h.Bias, h.Scale), Fast: h.Fast, Considered: h.Considered}
	// the table is stored head by head, which compresses better, and used row by row
	rows := 1 << h.Bits
	for head := range k {
		for b := range rows {
			m.Linear.SetByte(b, head, int8(table[head*rows+b]))
		}
	}
	m.Fast.prepare()
	m.Considered.prepare()
	sum := sha256.Sum256(file)
	m.SHA = hex.EncodeToString(sum[:])
	for _, x := range m.Linear.Scale {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fmt.Errorf("%w: a scale is not a number", ErrModel)
		}
	}
	return m, nil
}

// Write returns m as a file.
func (m *Model) Write() ([]byte, error) {
	l := m.Linear
	raw, err := json.Marshal(header{modelFormat, l.Bits, l.Heads, l.Bias, l.Scale, m.Fast, m.Considered}, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write model: %w", err)
	}
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("write model: %w", err)
	}
	k, rows := len(l.Heads), 1<<l.Bits
	table := make([]byte, k*rows)
	for head := range k {
		for b := range rows {
			table[head*rows+b] = byte(l.Byte(b, head))
		}
	}
	err = errors.Join(binary.Write(z, binary.LittleEndian, uint32(len(raw))), second(z.Write(raw)), second(z.Write(table)), z.Close())
	if err != nil {
		return nil, fmt.Errorf("write model: %w", err)
	}
	return out.Bytes(), nil
}

func second(_ int, err error) error { return err }

// fits reports whether both forests ask about the first n features only.
func (m *FactModel) fits(n int) bool { return m.Touch.Fits(n) && m.Side.Fits(n) }

// fits reports whether the forests ask about the first n signs only.
func (l *Layer) fits(n int) bool {
	for i := range l.Second {
		if !l.Second[i].Forest.Fits(n) {
			return false
		}
	}
	return true
}
