package env

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// minKeyChars keeps guessable words out; 32 random characters of base64 hold 192 bits.
const minKeyChars = 32

// keyFile is where a key that nobody chose is kept, under the data folder.
const keyFile = "secret.key"

func setSecretKey(c *Config, v string) error {
	c.SecretKey = NewSecret(v)
	if len(v) < minKeyChars {
		return fmt.Errorf("is too short; use at least %d random characters, such as `openssl rand -base64 32` prints", minKeyChars)
	}
	return nil
}

// Key returns the 32 bytes under which connector keys are encrypted: the hash of EARSHOT_SECRET_KEY, else of the key kept in the data
// folder, which is made there, readable by its owner only, the first time. Losing it loses the connector keys and nothing else.
func (c Config) Key() ([]byte, error) {
	text := c.SecretKey.Reveal()
	if text == "" {
		var err error
		if text, err = keptKey(c.Data); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256([]byte(text))
	return sum[:], nil
}

func keptKey(data string) (string, error) {
	name := filepath.Join(data, keyFile)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(data, name)
	}
	if err != nil {
		return "", fmt.Errorf("read the secret key: %w", err)
	}
	text := strings.TrimSpace(string(b))
	if len(text) < minKeyChars {
		return "", fmt.Errorf("the secret key in %s is damaged; put it back from a backup, or delete the file and enter the connector keys again", name)
	}
	return text, nil
}

// makeKey links a finished file into place, so that of two processes that start at once both use the first one's key.
func makeKey(data, name string) (string, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.CreateTemp(data, ".secret-*") // 0600
	if err != nil {
		return "", fmt.Errorf("make the secret key: %w", err)
	}
	defer os.Remove(f.Name())
	raw := make([]byte, 32)
	rand.Read(raw) // never fails (crypto/rand)
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("make the secret key: %w", err)
	}
	if err := os.Link(f.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the secret key: %w", err)
	}
	if err := syncDir(data); err != nil {
		return "", fmt.Errorf("make the secret key: %w", err)
	}
	return keptKey(data)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
