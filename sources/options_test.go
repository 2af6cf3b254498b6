package sources_test

import (
	"slices"
	"testing"

	"earshot/sources"
)

func TestListOption(t *testing.T) {
	if got := sources.ListOption(" a, b,,c\n a "); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}
