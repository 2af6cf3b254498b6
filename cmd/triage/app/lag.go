package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"syscall"
	"time"

	"earshot/cmd/triage/web"
	"earshot/sources/topic"
)

// lagEvery is how often the stages' distance from the end of the log is measured.
const lagEvery = 5 * time.Second

// stages lists the consumer groups of this process in the order of the flow, with the topics each reads.
func (a *App) stages() []stageTopics {
	return []stageTopics{
		{topic.GroupClassify, []string{topic.Mentions}},
		{topic.GroupConsider, []string{topic.Triaged}},
		{topic.GroupArchive, []string{topic.Triaged, topic.Casework, topic.Settings}},
		{a.fulltextGroup(), []string{topic.Triaged, topic.Casework}},
		{topic.GroupEscalate, []string{topic.Triaged, topic.Casework}},
	}
}

type stageTopics struct {
	group  string
	topics []string
}

// lags is the last measurement, for the pages.
type lags struct {
	mu      sync.Mutex
	behind  map[string]int64
	failure error
}

// watchLag measures how far each stage is behind until ctx ends.
func (a *App) watchLag(ctx context.Context) error {
	for range nowAndEvery(ctx, lagEvery) {
		a.measureLag(ctx)
	}
	return nil
}

// measureLag also lets go of what was kept for stages that have caught up by now.
func (a *App) measureLag(ctx context.Context) {
	began := time.Now()
	behind := map[string]int64{}
	var failure error
	for _, s := range a.stages() {
		n, err := a.behind(ctx, s)
		if err != nil {
			failure = err
			continue
		}
		behind[s.group] = n
	}
	if n, known := behind[topic.GroupArchive]; known && n == 0 {
		a.recent.forget(began)
	}
	if failure == nil && !slices.ContainsFunc(slices.Collect(maps.Values(behind)), func(n int64) bool { return n > 0 }) {
		a.decoder.forget()
	}
	a.lags.mu.Lock()
	defer a.lags.mu.Unlock()
	a.lags.behind, a.lags.failure = behind, failure
}

// behind is how many records a stage has not committed; the log's client counts it per topic for /metrics.
func (a *App) behind(ctx context.Context, s stageTopics) (int64, error) {
	perTopic, err := a.log.Client.Lag(ctx, s.group, s.topics...)
	if err != nil {
		return 0, fmt.Errorf("ask how far %s is: %w", s.group, err)
	}
	var sum int64
	for _, n := range perTopic {
		sum += n
	}
	return sum, nil
}

// settlePoll is how often a command looks again while it waits for a stage.
const settlePoll = 50 * time.Millisecond

// settle waits until the named groups have committed everything that is on the log now.
func (a *App) settle(ctx context.Context, groups ...string) error {
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	for _, s := range a.stages() {
		if len(groups) > 0 && !slices.Contains(groups, s.group) {
			continue
		}
		ends := map[string]map[int]int64{}
		for _, t := range s.topics {
			end, err := a.log.Client.EndOffsets(ctx, t)
			if err != nil {
				return err
			}
			ends[t] = end
		}
		for {
			done, err := a.reached(ctx, s.group, ends)
			if err != nil {
				return err
			}
			if done {
				break
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmt.Errorf("waited for %s to catch up with the log: %w", s.group, ctx.Err())
			}
		}
	}
	return nil
}

func (a *App) reached(ctx context.Context, group string, ends map[string]map[int]int64) (bool, error) {
	for t, end := range ends {
		at, err := a.log.Client.Committed(ctx, group, t)
		if err != nil {
			return false, err
		}
		for p, n := range end {
			if n > 0 && at[p] < n {
				return false, nil
			}
		}
	}
	return true, nil
}

// lowDisk is the free space below which the sources page warns.
const lowDisk = 2 << 30

// status says how the program itself is.
func (a *App) status() []web.StatusLine {
	lines := []web.StatusLine{{Name: "Version", Value: a.cfg.Version}, {Name: "Node", Value: a.node}}
	a.lags.mu.Lock()
	for _, s := range a.stages() {
		n, known := a.lags.behind[s.group]
		switch {
		case !known:
			lines = append(lines, web.StatusLine{Name: stageName(s.group), Value: "not known", Bad: a.lags.failure != nil})
		case n == 0:
			lines = append(lines, web.StatusLine{Name: stageName(s.group), Value: "up to date"})
		default:
			lines = append(lines, web.StatusLine{Name: stageName(s.group), Value: fmt.Sprintf("%d records behind", n), Bad: n > 10_000})
		}
	}
	a.lags.mu.Unlock()
	for name, w := range a.workers {
		if err := w.failure(); err != nil {
			lines = append(lines, web.StatusLine{Name: stageName(name), Value: "stopped and is being started again; the log says why", Bad: true})
		}
	}
	if why := a.settings.Fault(); why != "" {
		lines = append(lines, web.StatusLine{Name: "Settings", Value: "the newest settings were refused and the ones before are in force: " + why, Bad: true})
	}
	if a.judges.off != nil {
		lines = append(lines, web.StatusLine{Name: "Considered verdicts", Bad: true,
			Value: "off: " + WhyOff(a.judges.off) + ", so every mention has the fast verdict alone and more of them need a person's correction"})
	}
	if a.judges.fault.Load() != nil {
		lines = append(lines, web.StatusLine{Name: "Considered verdicts", Bad: true,
			Value: "they do not know the newest settings, because the register could not be read by the encoder; the log says why"})
	}
	if a.noReader != nil {
		lines = append(lines, web.StatusLine{Name: "Reading pictures", Value: "off: Tesseract is not installed, so words in screenshots are not searched", Bad: true})
	}
	lines = append(lines, a.escalate.status()...)
	if a.cfg.SMTPURL.Reveal() == "" {
		lines = append(lines, web.StatusLine{Name: "Mail", Value: "written to files in " + a.cfg.path("mail") + " because EARSHOT_SMTP_URL is not set"})
	}
	var fs syscall.Statfs_t
	if syscall.Statfs(a.cfg.Data, &fs) == nil {
		free := int64(fs.Bavail) * fs.Bsize
		lines = append(lines, web.StatusLine{Name: "Free disk", Value: fmt.Sprintf("%.1f GiB", float64(free)/(1<<30)), Bad: free < lowDisk})
	}
	return lines
}

func stageName(group string) string {
	switch group {
	case topic.GroupClassify:
		return "Classifying"
	case topic.GroupConsider:
		return "Considering"
	case topic.GroupArchive:
		return "Recording"
	case topic.GroupEscalate:
		return "Escalating"
	}
	return "Indexing"
}

func (a *App) fulltextGroup() string {
	if a.cfg.Embedded() {
		return topic.GroupFulltext
	}
	return topic.GroupFulltext + "-" + a.node // every node keeps a whole copy of the index
}
