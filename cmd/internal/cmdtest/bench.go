package cmdtest

import (
	"fmt"

	"earshot/internal/machinetest"
)

// BenchTexts returns the words of a benchmark's mentions: machinetest.Texts, or invented complaints where no file is named.
func BenchTexts() []string {
	if texts := machinetest.Texts(); texts != nil {
		return texts
	}
	texts := make([]string, 5000)
	for i := range texts {
		texts[i] = fmt.Sprintf("Westgate %d: our bins have been missed for the third week running and nobody at the council answers. Not good enough.", i)
	}
	return texts
}
