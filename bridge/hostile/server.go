package hostile

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Server is a server under attack, by its addresses.
type Server struct {
	STOMP string `json:"stomp"`
	NATS  string `json:"nats"`
	Web   string `json:"nats_ws"`
	SQS   string `json:"sqs"`
	Admin string `json:"admin"`
	PID   int    `json:"pid"`

	cmd *exec.Cmd
	out *bufio.Reader
}

// Start runs "program serve" on free ports, TLS for STOMP and WebSockets for NATS
// among them, with its store and its certificate in dir, and returns once it is ready.
// What it logs goes to log.
func Start(program, dir string, log io.Writer, args ...string) (*Server, error) {
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := makeCertificate(cert, key); err != nil {
		return nil, err
	}
	const free = "127.0.0.1:0"
	cmd := exec.Command(program, append([]string{
		"serve", "--ready-json", "--data-dir", filepath.Join(dir, "data"), "--log-level=warn",
		"--stomp-addr=" + free, "--nats-addr=" + free, "--nats-ws-addr=" + free, "--sqs-addr=" + free, "--admin-addr=" + free,
		"--stomp-tls-cert", cert, "--stomp-tls-key", key,
	}, args...)...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{cmd: cmd, out: bufio.NewReader(out)}
	line, err := s.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s serve is not ready: %w", program, err), cmd.Process.Kill(), cmd.Wait())
	}
	return s, nil
}

// stopPatience is how long a server may take to drain.
const stopPatience = time.Minute

// Stop has the server drain, and wants exit code 0.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(fmt.Errorf("the server was gone: %w", err), s.cmd.Wait())
	}
	stuck := time.AfterFunc(stopPatience, func() { _ = s.cmd.Process.Kill() })
	defer stuck.Stop()
	_, _ = io.Copy(io.Discard, s.out) // ends with the process
	return s.cmd.Wait()
}

// Usage is what a server holds.
type Usage struct {
	Resident                float64 // bytes
	Goroutines, Descriptors int
	Panics                  int
	Connections             int
}

// Usage asks the server.
func (s *Server) Usage(ctx context.Context) (u Usage, err error) {
	all, err := s.get(ctx, "/metrics")
	if err != nil {
		return u, err
	}
	for line := range bytes.Lines(all) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		v, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			continue // a comment
		}
		name, _, _ = bytes.Cut(name, []byte("{"))
		switch string(name) {
		case "process_resident_memory_bytes":
			u.Resident = v
		case "process_open_fds":
			u.Descriptors = int(v)
		case "go_goroutines":
			u.Goroutines = int(v)
		case "sluice_panics_total":
			u.Panics += int(v)
		case "sluice_connections":
			u.Connections += int(v)
		}
	}
	return u, nil
}

// Waiting returns how many messages are ready in a queue.
func (s *Server) Waiting(ctx context.Context, queue string) (int, error) {
	all, err := s.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	_, rest, ok := bytes.Cut(all, fmt.Appendf(nil, "sluice_queue_messages{queue=%q,state=\"ready\"} ", queue))
	if !ok {
		return 0, fmt.Errorf("the server says nothing of the queue %s", queue)
	}
	var n float64
	_, err = fmt.Sscan(string(rest), &n)
	return int(n), err
}

// get asks until it is answered, or ctx ends: hostile clients may have all the places that there are.
func (s *Server) get(ctx context.Context, path string) ([]byte, error) {
	for {
		all, err := s.getOnce(ctx, path)
		if err == nil || ctx.Err() != nil || !errors.Is(err, errTaken) {
			return all, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// errTaken: the server had no place left for the request.
var errTaken = errors.New("there was no place")

func (s *Server) getOnce(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Admin+path, nil)
	if err != nil {
		return nil, err
	}
	r.Close = true
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	switch a.StatusCode {
	case http.StatusOK:
		return io.ReadAll(a.Body)
	case http.StatusServiceUnavailable:
		return nil, errTaken
	}
	return nil, fmt.Errorf("%s: %s", path, a.Status)
}

// makeCertificate writes one of our own for this machine.
func makeCertificate(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return err
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k}), 0o600),
	)
}
