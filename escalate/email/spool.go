package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"earshot/escalate"

	gomail "github.com/wneessen/go-mail"
)

var _ escalate.Notifier = (*Spool)(nil)

const unfinished = ".unfinished-"

// Spool writes each mail as one file DIR/HASH.eml, HASH being 32 hex digits over its Message-ID: the same mail sent again is there already.
type Spool struct{ dir string }

// NewSpool makes dir when it is absent and removes what an earlier process left half written.
func NewSpool(dir string) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for mails: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder for mails: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("clear the folder for mails: %w", err)
			}
		}
	}
	return &Spool{dir: dir}, nil
}

// File is the name of a Message-ID's mail inside the folder.
func File(messageID string) string {
	sum := sha256.Sum256([]byte(messageID))
	return hex.EncodeToString(sum[:16]) + ".eml"
}

// Send implements escalate.Notifier. When it returns nil the file is on the disk under its name: the content is synced before it is renamed, and
// the folder after.
func (s *Spool) Send(ctx context.Context, n escalate.Notification) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(s.dir, File(n.MessageID))
	if _, err := os.Stat(path); err == nil {
		return s.syncDir() // written before; its name may not have been synced
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for the mail: %w", err)
	}
	m, err := message(n)
	if err != nil {
		return err
	}
	if err := s.write(m, path); err != nil {
		return err
	}
	return s.syncDir()
}

func (s *Spool) write(m *gomail.Msg, path string) (err error) {
	f, err := os.CreateTemp(s.dir, unfinished+"*")
	if err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if _, err := m.WriteTo(f); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync the mail: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close the mail: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("name the mail: %w", err)
	}
	return nil
}

func (s *Spool) syncDir() error {
	d, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("sync the folder for mails: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
