// Package cert keeps a certificate and its key, and takes them from their files
// again when these are replaced.
package cert

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	// maxFile bounds each of the two files, in bytes.
	maxFile = 1 << 20
	// age is how old what we know of the files may be.
	age = time.Second
	// settledAfter is how long after its last change a file is taken not to be changing
	// any more: two changes within one tick of the file system's clock look like one.
	settledAfter = 2 * time.Second
)

// Options are for the log and for tests; zero fields are the defaults.
type Options struct {
	// Log is told when the files have been replaced, and when they cannot be used
	// (nil: slog.Default).
	Log *slog.Logger
	// Now is the clock (nil: time.Now).
	Now func() time.Time
}

// Pair is a certificate and its key in two files. All methods may be called from any goroutine.
type Pair struct {
	cert, key string // the paths
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex // over what follows
	loaded  *tls.Certificate
	seen    [2]fs.FileInfo // of the files when they were read
	readAt  time.Time
	looked  time.Time // when the files were looked at last
	trouble string    // the last one that was logged
}

// Open reads the two files, in PEM and of at most 1 MiB each. The error names the
// file, and nothing of what is in it.
func Open(cert, key string, o Options) (*Pair, error) {
	p := &Pair{cert: cert, key: key, log: o.Log, now: o.Now}
	if p.log == nil {
		p.log = slog.Default()
	}
	if p.now == nil {
		p.now = time.Now
	}
	p.looked = p.now()
	return p, p.read(p.looked)
}

// Config returns the configuration of a server with this certificate. It speaks TLS
// 1.2 and newer, and asks clients for no certificate.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current(), nil },
	}
}

// current returns the certificate. Within a second of a change it is the new one.
// While the files cannot be read or do not belong together, as happens between the
// replacing of the one and of the other, the one before stays.
func (p *Pair) current() *tls.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); now.Sub(p.looked) >= age || now.Before(p.looked) {
		p.looked = now
		p.tell(p.read(now))
	}
	return p.loaded
}

// tell logs what is new about the files.
func (p *Pair) tell(err error) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if trouble == p.trouble {
		return
	}
	if p.trouble = trouble; err != nil {
		p.log.Warn("a new certificate cannot be used; the one before stays", "err", err)
		return
	}
	p.log.Info("the certificate can be read again", "file", p.cert)
}

// read takes the pair from its files if these may have changed since they were read.
func (p *Pair) read(now time.Time) error {
	infos, err := p.stat()
	if err != nil || p.same(infos) {
		return err
	}
	cert, err := readFile(p.cert)
	if err != nil {
		return err
	}
	key, err := readFile(p.key)
	if err != nil {
		return err
	}
	loaded, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", p.cert, p.key, err)
	}
	if p.loaded != nil && string(loaded.Certificate[0]) != string(p.loaded.Certificate[0]) {
		p.log.Info("a new certificate is in force", "file", p.cert, "until", loaded.Leaf.NotAfter)
	}
	p.loaded, p.seen, p.readAt = &loaded, infos, now
	return nil
}

func (p *Pair) stat() (infos [2]fs.FileInfo, err error) {
	for i, path := range [...]string{p.cert, p.key} {
		if infos[i], err = os.Stat(path); err != nil {
			return infos, named(path, err)
		}
		if !infos[i].Mode().IsRegular() {
			return infos, fmt.Errorf("%s: not a file", path) // a pipe would have us wait
		}
	}
	return infos, nil
}

func (p *Pair) same(infos [2]fs.FileInfo) bool {
	for i, now := range infos {
		before := p.seen[i]
		if before == nil || !os.SameFile(before, now) || before.Size() != now.Size() ||
			!before.ModTime().Equal(now.ModTime()) || p.readAt.Sub(now.ModTime()) <= settledAfter {
			return false
		}
	}
	return true
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, named(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, named(path, err)
	case len(b) > maxFile:
		return nil, fmt.Errorf("%s: longer than %d bytes", path, maxFile)
	}
	return b, nil
}

// named says of an error of package os which file it is about, and no more.
func named(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
