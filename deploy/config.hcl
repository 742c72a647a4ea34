# Strongroom's configuration. "strongroom operator validate-config -config=/etc/strongroom/config.hcl" checks a change before a restart;
# "systemctl reload strongroom" takes over new TLS files and the log level at once.

# One folder, which this server alone uses. All that lies in it is encrypted; a backup of it needs the key shares to be of use.
storage "rocksdb" {
  path = "/var/lib/strongroom"
}

# Only this machine can reach it. To serve others, put a certificate of your own authority here first, then open the address:
# "0.0.0.0:8200" for IPv4, "[::]:8200" for both.
listener "tcp" {
  address       = "127.0.0.1:8200"
  tls_cert_file = "/etc/strongroom/tls/cert.pem"
  tls_key_file  = "/etc/strongroom/tls/key.pem"
}

# Without a stanza "seal" the server waits for key shares after each start. This one lets it open itself, with a key that whoever reads it
# together with the folder above needs nothing else for: keep them apart, and the key out of backups of the folder.
#   head -c 32 /dev/urandom > /etc/strongroom/seal.key; chown strongroom: /etc/strongroom/seal.key; chmod 400 /etc/strongroom/seal.key
# seal "static" {
#   current_key_id = "2026-11"
#   current_key    = "file:///etc/strongroom/seal.key"
# }
# Better, where there is another server that can open this one: seal "transit", see docs/seals.md.

# Tokens that do not ask for less live this long, and none lives longer than the maximum.
default_lease_ttl = "768h"
max_lease_ttl     = "768h"

log_level = "info"
