package config_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// Who names users has an audit log, unless he says that he wants none.
func TestAuditFile(t *testing.T) {
	const dir = "/data"
	for _, x := range []struct{ users, log, want string }{
		{"", "", ""}, {"u.yaml", "", filepath.Join(dir, "audit.log")}, {"u.yaml", "none", ""}, {"", "none", ""},
		{"", "/var/log/a", "/var/log/a"}, {"u.yaml", "/var/log/a", "/var/log/a"},
	} {
		c := config.Default()
		c.DataDir, c.UsersFile, c.Audit.File = dir, x.users, x.log
		if got := c.AuditFile(); got != x.want {
			t.Errorf("%+v: %q", x, got)
		}
	}
}

func TestAuditSettings(t *testing.T) {
	for want, a := range map[string]config.Audit{
		"audit_log is blank":      {File: " ", OnFailure: config.AuditContinue},
		"audit_failure is refuse": {OnFailure: config.AuditRefuse},
		`audit_failure is "stop"`: {File: "a", OnFailure: "stop"},
	} {
		c := config.Default()
		c.Audit = a
		if err := c.Check(context.Background()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
