package app

import (
	"context"
	"fmt"

	"earshot/escalate"
	"earshot/sources/topic"

	"github.com/go-json-experiment/json"
)

// noticesKey is where the book of notices stands on the cursors table, beside the health that it is about.
const noticesKey = "notices"

// noticeStore keeps the book of notices where every node reads it.
type noticeStore struct{ table *topic.Table }

// Load returns the book; an empty one where none was stored.
func (s noticeStore) Load(context.Context) (b escalate.NoticeBook, err error) {
	e, ok := s.table.Get(noticesKey)
	if !ok {
		return b, nil
	}
	if err := json.Unmarshal(e.Value, &b); err != nil {
		return b, fmt.Errorf("read the notices about sources: %w", err)
	}
	return b, nil
}

// Save returns once the log has the book.
func (s noticeStore) Save(ctx context.Context, b escalate.NoticeBook) error {
	v, err := json.Marshal(b)
	if err == nil {
		_, err = s.table.Put(ctx, noticesKey, v)
	}
	return err
}

// notices are what pages show of the book.
func (a *App) notices() []escalate.Notice {
	b, err := noticeStore{a.log.Cursors}.Load(context.Background())
	if err != nil {
		a.slog.Error("notices about sources are not shown", "err", err)
	}
	return b.Raised()
}
