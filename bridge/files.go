package bridge

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/bridge/audit"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
)

// CheckFiles reads what the settings of cfg name besides themselves, as Open does at first:
// the users, the secrets of access keys and of S3, and the certificates with their keys. It
// keeps nothing of them. It asks whether the audit log can be appended to, too, and leaves nothing there
// that was not there. The error is one line, and names the setting and the file.
func CheckFiles(cfg *config.Config) error {
	log := slog.New(slog.DiscardHandler)
	if _, err := openIdentities(cfg, log); err != nil {
		return err
	}
	if cfg.S3.Bucket != "" {
		if _, err := users.Secret(cfg.S3.Secret, log); err != nil {
			return fmt.Errorf("s3_secret is %s: %w", cfg.S3.Secret, err)
		}
	}
	if _, err := openCertificates(cfg, log, func(string, error) {}); err != nil {
		return err
	}
	return checkAudit(cfg)
}

// checkAudit asks whether openAudit could open the audit log. The directory of the store is made when it is opened.
func checkAudit(cfg *config.Config) error {
	path := cfg.AuditFile()
	if path == "" {
		return nil
	}
	if _, err := os.Stat(cfg.DataDir); errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) == filepath.Clean(cfg.DataDir) {
		return nil
	}
	if err := audit.Check(path); err != nil {
		return fmt.Errorf("audit_log %s: %w", path, err)
	}
	return nil
}
