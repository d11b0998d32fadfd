package config

import (
	"errors"
	"path/filepath"
	"strings"
)

// Audit says where a server writes who did what.
type Audit struct {
	// File is the file, AuditNone for none. Empty: audit.log in DataDir if there is a
	// UsersFile, since who names users wants to know afterwards who it was; without one there
	// are no names to write.
	File string `yaml:"audit_log"`
	// OnFailure says what a server does that cannot write it.
	OnFailure AuditFailure `yaml:"audit_failure"`
}

// AuditNone has no audit log written, whoever the users are.
const AuditNone = "none"

// AuditFailure says what a server does that cannot write its audit log.
type AuditFailure string

// What a server does that cannot write its audit log.
const (
	// AuditContinue lets clients log in and do what they may. Lines wait for the disk, up to a
	// bound; what is lost beyond it is counted, and said in the file later.
	AuditContinue AuditFailure = "continue"
	// AuditRefuse lets nobody log in, and what changes something waits: nothing is lost.
	AuditRefuse AuditFailure = "refuse"
)

// AuditFile returns the path of the audit log; "": there is none.
func (c *Config) AuditFile() string {
	switch {
	case c.Audit.File == AuditNone, c.Audit.File == "" && c.UsersFile == "":
		return ""
	case c.Audit.File == "":
		return filepath.Join(c.DataDir, "audit.log")
	}
	return c.Audit.File
}

func (c *Config) checkAudit() error {
	if c.Audit.File != "" && strings.TrimSpace(c.Audit.File) == "" {
		return errors.New(`audit_log is blank: name a file, or write "none"`)
	}
	if c.Audit.OnFailure == AuditRefuse && c.AuditFile() == "" {
		return errors.New("audit_failure is refuse and there is no audit log: name one with audit_log")
	}
	return oneOf("audit_failure", c.Audit.OnFailure, AuditContinue, AuditRefuse)
}
