package config

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// checkEnviron refuses a variable that begins as those of settings do and is none. What is no mistake
// passes: what an orchestrator puts there of its own accord, what is of the project's own tests and
// measurements, and what a setting or the file of users names as the place of a secret. Who is told of the environment
// alone, as a command is that runs beside a server, does not know what secrets the server's file names there: all passes then but
// what is nearly a setting.
func (c *Config) checkEnviron(environ []string, alone bool) error {
	known := knownEnv()
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) || ofOthers(name, value) || c.hasSecretIn(name) {
			continue
		}
		near := nearest(name, known)
		if alone && distance(name, near) > slip {
			continue
		}
		return fmt.Errorf("unknown variable %s (did you mean %s?)", name, near)
	}
	return nil
}

// slip is by how many letters a name is wrong that was meant for a setting's.
const slip = 2

func knownEnv() []string {
	known := []string{EnvFile}
	for _, s := range settings() {
		known = append(known, s.Env())
	}
	return known
}

// ForeignEnv returns the names of the variables that look like settings, and that an orchestrator has put into the environment: they
// are no error, and set nothing.
func ForeignEnv(environ []string) []string {
	var foreign []string
	for _, e := range environ {
		if name, value, _ := strings.Cut(e, "="); ofService(name, value) && !slices.Contains(knownEnv(), name) {
			foreign = append(foreign, name)
		}
	}
	return foreign
}

func ofOthers(name, value string) bool {
	rest := strings.TrimPrefix(name, envPrefix)
	return strings.HasPrefix(rest, "TEST_") || strings.HasPrefix(rest, "BENCH_") || ofService(name, value)
}

// ofService reports whether a variable is one of those that tell a container of a service of the name sluice, or sluice-nats, say.
// Kubernetes, "Service", "Environment variables": {SVCNAME}_SERVICE_HOST, {SVCNAME}_SERVICE_PORT and those of Docker's links.
// Docker, "Legacy container links", "Environment variables": <alias>_NAME, <name>_PORT_<port>_<protocol>, <alias>_ENV_<name>.
func ofService(name, value string) bool {
	rest, ok := strings.CutPrefix(name, envPrefix)
	if !ok {
		return false
	}
	host := regexp.MustCompile(`^([A-Z0-9_]+_)?SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$`)
	link := regexp.MustCompile(`^([A-Z0-9_]+_)?PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)
	docker := regexp.MustCompile(`^([A-Z0-9_]+_)?ENV_.`)
	if host.MatchString(rest) || docker.MatchString(rest) || (rest == "NAME" || strings.HasSuffix(rest, "_NAME")) && strings.HasPrefix(value, "/") {
		return true
	}
	whole := strings.HasSuffix(rest, "PORT") && !strings.HasSuffix(rest, "_TCP_PORT") && !strings.HasSuffix(rest, "_UDP_PORT") && !strings.HasSuffix(rest, "_SCTP_PORT")
	return link.MatchString(rest) && (!whole || strings.Contains(value, "://")) // SLUICE_NATS_PORT=4222 is a mistake
}

// hasSecretIn reports whether a secret is in the variable. A file of users that cannot be read is told of
// elsewhere.
func (c *Config) hasSecretIn(name string) bool {
	is := func(r SecretRef) bool { in, ok := r.Env(); return ok && in == name }
	if is(c.S3.Secret) || slices.ContainsFunc(c.AccessKeys, func(k AccessKey) bool { return is(k.Secret) || is(k.SessionToken) }) {
		return true
	}
	if c.UsersFile == "" {
		return false
	}
	text, err := readFile(c.UsersFile, MaxUsersBytes)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	named := regexp.MustCompile(`\benv:` + regexp.QuoteMeta(name) + `\b`)
	return named.Match(text)
}

// meant asks for the name that is nearly key, if there is one: at most a third of its letters are others.
func meant(key string, names []string) string {
	if name := nearest(key, names); 3*distance(key, name) <= len(key) {
		return fmt.Sprintf(" (did you mean %s?)", name)
	}
	return ""
}

// nearest returns which of the names takes the fewest changes of a letter.
func nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is how many letters must be put in, taken out or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before, row[j+1] = row[j+1], min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
