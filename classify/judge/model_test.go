package judge_test

import (
	"errors"
	"os"
	"reflect"
	"testing"

	"earshot/classify/judge"
)

// maxModel is what the program may carry.
const maxModel = 4 << 20

func TestShippedModel(t *testing.T) {
	m, err := judge.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(m.SHA) != 64 || len(m.Fast.Second) != len(judge.Second) {
		t.Errorf("SHA-256 %q, %d forests", m.SHA, len(m.Fast.Second))
	}
	file, err := os.ReadFile("model/model.bin")
	if err != nil {
		t.Fatal(err)
	}
	if len(file) > maxModel {
		t.Errorf("the model is %d bytes", len(file))
	}
	again, err := m.Write()
	if err != nil {
		t.Fatal(err)
	}
	back, err := judge.ReadModel(again)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Linear, m.Linear) {
		t.Error("the weights do not survive writing and reading")
	}
}

// TestDamagedModel cuts and changes the file in many places: it is refused, or read whole; never a panic.
func TestDamagedModel(t *testing.T) {
	file, err := os.ReadFile("model/model.bin")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, at := range []int{0, 1, 4, 10, 100, 1000, len(file) / 2, len(file) - 5} {
		if _, err := judge.ReadModel(file[:at]); !errors.Is(err, judge.ErrModel) {
			t.Errorf("cut at %d: %v", at, err)
		}
		bad := append([]byte(nil), file...)
		bad[at] ^= 0x55
		if _, err := judge.ReadModel(bad); err != nil {
			refused++
		}
	}
	if refused < 6 {
		t.Errorf("only %d of 8 changed files were refused", refused)
	}
}
