// Package cert keeps a certificate and its key, and takes them from their files
// again when these are replaced.
package cert

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/sluicemq/sluice/bridge/reread"
)

// maxFile bounds each of the two files, in bytes.
const maxFile = 1 << 20

// Options are for the log and for tests; zero fields are the defaults.
type Options struct {
	// Log is told when the files have been replaced, and when they cannot be used
	// (nil: slog.Default).
	Log *slog.Logger
	// Taken is told when a certificate takes the place of another one, and when one cannot
	// be used, and then why (nil: nobody is). It must not block.
	Taken func(err error)
	// Now is the clock (nil: time.Now).
	Now func() time.Time
}

// Pair is a certificate and its key in two files. All methods may be called from any goroutine.
type Pair struct {
	paths [2]string // of the certificate and its key
	log   *slog.Logger
	now   func() time.Time
	taken func(error)

	mu      sync.Mutex // over what follows
	loaded  *tls.Certificate
	files   [2]*reread.File
	looked  time.Time // when the files were looked at last
	trouble string    // the last one that was logged
}

// Open reads the two files, in PEM and of at most 1 MiB each. The error names the
// file, and nothing of what is in it.
func Open(cert, key string, o Options) (*Pair, error) {
	p := &Pair{paths: [2]string{cert, key}, log: o.Log, now: o.Now, taken: o.Taken}
	if p.taken == nil {
		p.taken = func(error) {}
	}
	for i, path := range p.paths {
		p.files[i] = reread.Of(path, maxFile)
	}
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
	if now := p.now(); now.Sub(p.looked) >= reread.Every || now.Before(p.looked) {
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
		p.taken(err)
		p.log.Warn("a new certificate cannot be used; the one before stays", "err", err)
		return
	}
	p.log.Info("the certificate can be read again", "file", p.paths[0])
}

// read takes the pair from its files if these may have changed since they were read.
func (p *Pair) read(now time.Time) error {
	infos, same, err := p.look()
	if err != nil || same {
		return err
	}
	var pem [2][]byte
	for i, f := range p.files {
		if pem[i], err = f.Read(); err != nil {
			return fmt.Errorf("%s: %w", p.paths[i], err)
		}
	}
	loaded, err := tls.X509KeyPair(pem[0], pem[1])
	if err != nil {
		return fmt.Errorf("%s and %s: %w", p.paths[0], p.paths[1], err)
	}
	p.use(&loaded)
	for i, f := range p.files {
		f.Taken(infos[i], now)
	}
	return nil
}

// look reports what the files look like, and whether both are as they were.
func (p *Pair) look() (infos [2]fs.FileInfo, same bool, err error) {
	same = true
	for i, f := range p.files {
		if infos[i], err = f.Look(); err != nil {
			return infos, false, fmt.Errorf("%s: %w", p.paths[i], err)
		}
		same = same && f.IsAs(infos[i])
	}
	return infos, same, nil
}

func (p *Pair) use(c *tls.Certificate) {
	if p.loaded != nil && string(c.Certificate[0]) != string(p.loaded.Certificate[0]) {
		p.log.Info("a new certificate is in force", "file", p.paths[0], "until", c.Leaf.NotAfter)
		p.taken(nil)
	}
	p.loaded = c
}
