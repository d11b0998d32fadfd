package users

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// AddCertificate gives a user one more name of certificates; see auth.CertificateNames.
func (e *Edit) AddCertificate(name, certificate string) error {
	u, err := e.user(name)
	if err != nil {
		return err
	}
	all := value(u, "certificates")
	if all == nil {
		all = &yaml.Node{Kind: yaml.SequenceNode}
		u.Content = append(u.Content, text("certificates"), all)
	}
	if len(all.Content) == 0 {
		all.Style = 0
	}
	all.Content = append(all.Content, text(certificate))
	return nil
}

// RemoveCertificate takes a name of certificates from a user.
func (e *Edit) RemoveCertificate(name, certificate string) error {
	u, err := e.user(name)
	if err != nil {
		return err
	}
	if all := value(u, "certificates"); all != nil {
		is := func(n *yaml.Node) bool { return n.Value == certificate }
		if i := slices.IndexFunc(all.Content, is); i >= 0 {
			all.Content = slices.Delete(all.Content, i, i+1)
			return nil
		}
	}
	return fmt.Errorf("user %q has no certificate %q", name, certificate)
}
