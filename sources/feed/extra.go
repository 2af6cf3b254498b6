package feed

import (
	"context"

	"github.com/mmcdole/gofeed"

	"earshot/sources"
)

// Extra is what a connector of one sort of feed adds to what all feeds have in common.
type Extra struct {
	Platform string // that its mentions carry; empty: the option platform
	MaxBytes int64  // of the feed; zero: sources.MaxResponseBytes
	// Item completes m, which was made of item. False: the item is no mention. Nil: nothing is added.
	Item func(of *gofeed.Feed, item *gofeed.Item, m *sources.Mention) (bool, error)
	// Fresh completes those that a poll found new or changed with what must be asked for. What it adds is no part of their version. Nil: nothing.
	Fresh func(ctx context.Context, ms []sources.Mention) error
}
