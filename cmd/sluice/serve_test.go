package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestReadyJSON(t *testing.T) {
	s := serve(t, nil, freePorts()...)
	if !s.Ready || s.Version == "" || s.PID != s.cmd.Process.Pid || !filepath.IsAbs(s.DataDir) {
		t.Errorf("got %+v", s.ready)
	}
	for name, addr := range map[string]string{"stomp": s.STOMP, "nats": s.NATS, "sqs": s.SQS, "admin": s.Admin} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		conn.Close()
	}
	r, err := http.Get("http://" + s.Admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 {
		t.Errorf("announced and not ready: %d", r.StatusCode)
	}
	s.signal(syscall.SIGTERM)
	if rest, err := io.ReadAll(s.stdout); err != nil || !strings.Contains(string(rest), s.STOMP) {
		t.Errorf("the text behind the line of JSON is %q, %v", rest, err)
	}
	s.wait()
}

func TestReadyTextCanBePasted(t *testing.T) {
	s := launch(t, nil, freePorts()...)
	var text strings.Builder
	for !strings.Contains(text.String(), "/readyz\n") {
		line, err := s.stdout.ReadString('\n')
		if err != nil {
			t.Fatalf("%v after\n%s\n%s", err, text.String(), s.log)
		}
		text.WriteString(line)
	}
	for _, want := range []string{
		"nats --server nats://127.0.0.1:", "pub -J demo hello\n",
		"aws --endpoint-url http://127.0.0.1:", "sqs create-queue --queue-name demo\n",
		"curl http://127.0.0.1:", "printf '", "messages are kept in " + s.cmd.Dir + "/sluice-data\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	pasteSTOMP(t, text.String())
	s.stop()
}

// pasteSTOMP does what the STOMP line says, with a socket for nc.
func pasteSTOMP(t *testing.T, text string) {
	t.Helper()
	_, line, _ := strings.Cut(text, "printf ")
	line, _, _ = strings.Cut(line, "\n")
	frames, target, ok := strings.Cut(line, " | nc ")
	if !ok {
		t.Fatalf("no nc in %q", line)
	}
	sent, err := exec.Command("sh", "-c", "printf "+frames).Output()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.Replace(target, " ", ":", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(sent); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn) // the server closes after DISCONNECT
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CONNECTED\n", "receipt-id:sent\n", "receipt-id:bye\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// The command line wins over the environment, the environment over the file,
// the file over the defaults.
func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sluice.yaml")
	writeFile(t, file, fmt.Sprintf("data_dir: %s/file\nstomp_addr: 127.0.0.1:0\nsqs_addr: 127.0.0.1:0\nadmin_addr: \"\"\n", dir))
	s := serve(t, []string{"SLUICE_CONFIG=" + file, "SLUICE_NATS_ADDR="})
	if s.DataDir != dir+"/file" || s.NATS != "" || s.Admin != "" || s.STOMP == "127.0.0.1:61613" {
		t.Errorf("file: %+v", s.ready)
	}
	s.stop()
	environ := []string{"SLUICE_NATS_ADDR=", "SLUICE_DATA_DIR=" + dir + "/env", "SLUICE_SQS_ADDR="}
	s = serve(t, environ, "--config", file)
	if s.DataDir != dir+"/env" || s.SQS != "" {
		t.Errorf("environment over file: %+v", s.ready)
	}
	s.stop()
	s = serve(t, environ, "--config", file, "--data-dir", dir+"/flag", "--sqs-addr=127.0.0.1:0", "--stomp-addr=")
	if s.DataDir != dir+"/flag" || s.SQS == "" || s.STOMP != "" {
		t.Errorf("flag over environment: %+v", s.ready)
	}
	s.stop()
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLogs(t *testing.T) {
	s := serve(t, []string{"SLUICE_SERVICE_HOST=10.0.0.1"}, append(freePorts(), "--log-format=json")...)
	s.stop()
	for line := range strings.Lines(s.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %q", line)
		}
	}
	for _, want := range []string{`"names":["SLUICE_SERVICE_HOST"]`, `"msg":"ready"`, `"msg":"draining"`, `"msg":"closed"`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("no %s in\n%s", want, s.log)
		}
	}
	s = serve(t, nil, append(freePorts(), "--log-level=error")...)
	s.stop()
	if text := s.log.String(); text != "" {
		t.Errorf("with --log-level=error it logs\n%s", text)
	}
}

func TestCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	writeFile(t, file, "sync: always\nstomp-addr: 127.0.0.1:0\n")

	free := append([]string{"serve"}, freePorts()...)
	with := func(more ...string) []string { return slices.Concat(free, more) }
	tests := []struct {
		name, want string
		environ    []string
		args       []string
	}{
		{"taken port", "nats_addr: listen tcp " + taken.Addr().String() + ": bind: address already in use", nil, with("--nats-addr=" + taken.Addr().String())},
		{"unusable directory", "data_dir: ", nil, with("--data-dir=" + file + "/below")},
		{"directory of something else", "not a data directory", nil, with("--data-dir=" + filepath.Dir(file))},
		{"unknown key", file + `: line 2: unknown key "stomp-addr" (did you mean stomp_addr?)`, nil, with("--config=" + file)},
		{"no such file", "no/such.yaml: no such file or directory", nil, with("--config=no/such.yaml")},
		{"unknown variable", "environment: unknown variable SLUICE_SINK (did you mean SLUICE_SYNC?)", []string{"SLUICE_SINK=1"}, free},
		{"bad value in the environment", `SLUICE_DRAIN_TIMEOUT: "long" is not a time`, []string{"SLUICE_DRAIN_TIMEOUT=long"}, free},
		{"bad sync", `sync is "never"`, nil, with("--sync=never")},
		{"bad flag value", `invalid argument "long" for "--drain-timeout"`, nil, with("--drain-timeout=long")},
		{"unknown flag", "unknown flag: --speed: see sluice serve --help", nil, with("--speed")},
		{"argument too many", `takes no arguments, received "now": sluice serve [flags]`, nil, with("now")},
		{"every interface", "set insecure_listen: true (--insecure-listen, SLUICE_INSECURE_LISTEN=true)", nil, with("--sqs-addr=0.0.0.0:0")},
		{"no host", "admin_addr is \":0\": other machines can reach that address", nil, with("--admin-addr=:0")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFailure(t, tt.want, tt.environ, tt.args...) })
	}
}

func TestUnwritableDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{dir, dir + "/below"} {
		cmd := command(t, nil, slices.Concat([]string{"serve"}, freePorts(), []string{"--data-dir=" + data})...)
		asNobody(cmd)
		var out bytes.Buffer
		cmd.Stderr = &out
		if err := cmd.Start(); err != nil {
			t.Skipf("root may write anywhere, and cannot become somebody else here: %v", err)
		}
		_ = cmd.Wait() // the exit code is looked at
		if code := cmd.ProcessState.ExitCode(); code != 1 {
			t.Errorf("exit code %d", code)
		}
		if !strings.HasPrefix(out.String(), "sluice: data_dir: ") || !strings.Contains(out.String(), "permission denied") {
			t.Errorf("got %s", out.String())
		}
	}
}

// asNobody runs a command that root starts under an account that owns nothing.
func asNobody(cmd *exec.Cmd) {
	if os.Geteuid() != 0 {
		return
	}
	cmd.Dir = "/" // where it may be
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

func TestInsecureListen(t *testing.T) {
	args := []string{"--stomp-addr=0.0.0.0:0", "--nats-addr=", "--sqs-addr=:0", "--admin-addr="}
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	writeFile(t, file, "insecure_listen: true\n")
	for _, s := range []*server{
		serve(t, nil, append(args, "--insecure-listen")...),
		serve(t, []string{"SLUICE_INSECURE_LISTEN=true"}, args...),
		serve(t, nil, append(args, "--config="+file)...),
	} {
		_, port, _ := net.SplitHostPort(s.STOMP)
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		s.stop()
	}
}

func TestLockedDirectory(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, nil, append(freePorts(), "--data-dir="+dir)...)
	wantFailure(t, "used by another process", nil, append(append([]string{"serve"}, freePorts()...), "--data-dir="+dir)...)
	s.stop()
	serve(t, nil, append(freePorts(), "--data-dir="+dir)...).stop()
}
