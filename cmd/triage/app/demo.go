package app

import (
	"context"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// demoEvery is how far apart the sample council's mentions arrive: all of them within about a minute.
const demoEvery = 600 * time.Millisecond

// demo lets the sample council's mentions arrive one after the other, as they would from platforms.
func (a *App) demo(ctx context.Context) error {
	tick := time.NewTicker(demoEvery)
	defer tick.Stop()
	for _, line := range settings.SampleMentions(time.Now()) {
		m, err := sources.ParseMention(line)
		if err != nil {
			return err
		}
		m.Source = "sample"
		if err := (handIn{a.log.Client}).PublishMentions(ctx, []sources.Mention{m}); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
