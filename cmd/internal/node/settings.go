package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"earshot/index"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/topic"

	"github.com/go-json-experiment/json"
)

// filePrefix comes before a settings file's name on the settings topic; accounts, sessions and keys have other prefixes.
const filePrefix = "file/"

// file is what the settings topic holds of one file.
type file struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Why     string    `json:"why,omitzero"`
	Content []byte    `json:"content"`
}

// Current is the settings in force at one moment. It is never changed, only replaced.
type Current struct {
	*settings.Folder
	Files    map[string][]byte
	Versions []index.SettingVersion // newest of each file, by name
	Terms    *sources.Terms
}

// Settings follows the council's settings on the log. A change that does not pass the judges leaves the old ones in force.
type Settings struct {
	table  *topic.Table
	judges []Judge
	log    *slog.Logger

	current atomic.Pointer[Current]
	fault   atomic.Pointer[string]
	mu      sync.Mutex
	subs    []func(*Current)
}

// Judge says in sentences what a stage cannot use in a folder; nil when it can use all of it.
type Judge func(*settings.Folder) error

// ErrNoSettings is returned when the log holds no settings yet.
var ErrNoSettings = errors.New("the log holds no settings yet; start triage once, or import a folder with: triage settings import DIR")

// OpenSettings reads the settings that table holds. Run follows their changes.
func OpenSettings(table *topic.Table, log *slog.Logger, judges ...Judge) *Settings {
	s := &Settings{table: table, judges: judges, log: log.With("component", "settings")}
	if err := s.reload(); err != nil && !errors.Is(err, ErrNoSettings) {
		s.log.Error("the settings on the log cannot be used", "err", err)
	}
	return s
}

// Current returns the settings in force, nil before the first import.
func (s *Settings) Current() *Current { return s.current.Load() }

// Fault returns a sentence when newer settings on the log were refused, else "".
func (s *Settings) Fault() string {
	if f := s.fault.Load(); f != nil {
		return *f
	}
	return ""
}

// Subscribe calls fn with the settings in force, and again whenever they change, one call at a time.
func (s *Settings) Subscribe(fn func(*Current)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, fn)
	if c := s.current.Load(); c != nil {
		fn(c)
	}
}

// settle is how long the settings must stay as they are before they are read anew: an import writes one file after the other.
const settle = 100 * time.Millisecond

// Run takes up changes until ctx ends.
func (s *Settings) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	stop := s.table.Watch(func(e topic.Entry) {
		if strings.HasPrefix(e.Key, filePrefix) {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	quiet := time.NewTimer(0) // once at the start, for what changed before Watch
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			quiet.Reset(settle)
		case <-quiet.C:
			if err := s.reload(); err != nil && !errors.Is(err, ErrNoSettings) {
				s.log.Error("new settings were refused, the old ones stay in force", "err", err)
			}
		}
	}
}

func (s *Settings) reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, versions, err := readTable(s.table)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return ErrNoSettings
	}
	if c := s.current.Load(); c != nil && c.Version == settings.Version(files) {
		return nil
	}
	c, err := s.judge(files)
	if err != nil {
		why := err.Error()
		s.fault.Store(&why)
		return err
	}
	c.Versions = versions
	s.fault.Store(nil)
	s.current.Store(c)
	for _, fn := range s.subs {
		fn(c)
	}
	return nil
}

func (s *Settings) judge(files map[string][]byte) (*Current, error) {
	folder, err := settings.FromFiles(files)
	if err != nil {
		return nil, err
	}
	terms, err := JudgeAll(folder, s.judges...)
	return &Current{Folder: folder, Files: files, Terms: terms}, err
}

func readTable(t *topic.Table) (map[string][]byte, []index.SettingVersion, error) {
	files := map[string][]byte{}
	var versions []index.SettingVersion
	for _, e := range t.All(filePrefix) {
		v, err := SettingVersion(e)
		if err != nil {
			return nil, nil, err
		}
		files[v.Key] = v.Value
		versions = append(versions, v)
	}
	return files, versions, nil
}

// SettingVersion reads an entry of the settings topic that belongs into the record: a file, or what a person did to a source's keys, whose
// Key is then keys/SOURCE and which has no Value.
func SettingVersion(e topic.Entry) (index.SettingVersion, error) {
	var f file
	if err := json.Unmarshal(e.Value, &f); err != nil {
		return index.SettingVersion{}, fmt.Errorf("entry %s of the settings topic cannot be read: %w", e.Key, err)
	}
	return index.SettingVersion{Key: strings.TrimPrefix(e.Key, filePrefix), Version: e.Offset, At: f.At, By: f.By, Why: f.Why, Value: f.Content}, nil
}

// IsRecorded reports whether an entry of the settings topic belongs into the record.
func IsRecorded(key string) bool {
	return strings.HasPrefix(key, filePrefix) || strings.HasPrefix(key, changePrefix)
}

// Import stores files over those in force, once all of them together have been found good. Files that stay the same get no new
// version. It returns once they are in force on this node, and how many changed.
func (s *Settings) Import(ctx context.Context, files map[string][]byte, by, why string) (changed int, err error) {
	old, _, err := readTable(s.table)
	if err != nil {
		return 0, err
	}
	whole := map[string][]byte{}
	for name, b := range old {
		whole[name] = b
	}
	for name, b := range files {
		whole[name] = b
	}
	if _, err := s.judge(whole); err != nil {
		return 0, err
	}
	for name, b := range files {
		if prev, ok := old[name]; ok && bytes.Equal(prev, b) {
			continue
		}
		v, err := json.Marshal(file{At: time.Now().UTC(), By: by, Why: why, Content: b})
		if err != nil {
			return changed, err
		}
		if _, err := s.table.Put(ctx, filePrefix+name, v); err != nil {
			return changed, fmt.Errorf("store %s: %w", name, err)
		}
		changed++
	}
	return changed, s.reload()
}

// JudgeAll compiles the watch terms and returns every fault that this program finds in a folder: terms nobody can match, sources no
// connector can run, and what further judges say.
func JudgeAll(f *settings.Folder, judges ...Judge) (*sources.Terms, error) {
	terms, err := sources.CompileTerms(f.Terms, f.Council)
	errs := []error{inFile(settings.TermsFile, err), JudgeSources(f)}
	for _, judge := range judges {
		errs = append(errs, judge(f))
	}
	return terms, errors.Join(errs...)
}

// inFile says of each error joined in err which settings file it is about.
func inFile(name string, err error) error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return settings.Fault{File: name, Problem: err.Error()}
	}
	var out []error
	for _, e := range many.Unwrap() {
		out = append(out, inFile(name, e))
	}
	return errors.Join(out...)
}
