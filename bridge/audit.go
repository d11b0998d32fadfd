package bridge

import (
	"fmt"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/audit"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols"
)

// openAudit opens the audit log, if there is one, when the store has made its directory: one that is not
// empty it would not take for a new one's.
func (h *House) openAudit(cfg *config.Config) error {
	path := cfg.AuditFile()
	if path == "" {
		return nil
	}
	l, err := audit.Open(path, audit.Options{Log: h.log, Refuse: cfg.Audit.OnFailure == config.AuditRefuse})
	if err != nil {
		return fmt.Errorf("audit_log %s: %w", path, err)
	}
	h.audit.Store(l)
	h.admin.SetAudit(l, func() admin.AuditCounts { return admin.AuditCounts(l.Counts()) })
	version, _ := Version()
	h.witness(protocols.AuditStart, version, h.dataDir, nil)
	return nil
}

// witnesses is where gateways tell of their clients; nil: nobody wants to know.
func (h *House) witnesses() protocols.Audit {
	if l := h.audit.Load(); l != nil {
		return l
	}
	return nil
}

// witness tells of what the server itself does.
func (h *House) witness(a protocols.AuditedAction, operation, target string, err error) {
	w := protocols.Witness{Audit: h.witnesses(), Who: protocols.Audited{Dialect: "server"}}
	w.Saw(a, operation, target, err)
}

// witnessUsers tells of each new file of users, with the names of those who have changed.
func (h *House) witnessUsers(path string) {
	if h.known.users != nil {
		h.known.users.Notify(func(changes string, err error) { h.witness(protocols.AuditUsers, changes, path, err) })
	}
}

// certificateTaken tells of a certificate, or of the CAs of clients.
func (h *House) certificateTaken(path string, err error) {
	h.witness(protocols.AuditCertificate, "", path, err)
}

// closeAudit ends the audit log, when nobody is left who does anything.
func (h *House) closeAudit() {
	l := h.audit.Load()
	if l == nil {
		return
	}
	if h.opened {
		h.witness(protocols.AuditStop, "", h.dataDir, nil)
	}
	if err := l.Close(); err != nil {
		h.log.Error("the audit log is not whole", "err", err)
	}
}
