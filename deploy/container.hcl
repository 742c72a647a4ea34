# Inside a container: mount a folder with cert.pem and key.pem, readable by the user "strongroom", at /etc/strongroom/tls. The
# certificate must also name 127.0.0.1, for the health check. Without it the server does not start.
storage "rocksdb" {
  path = "/var/lib/strongroom"
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = "/etc/strongroom/tls/cert.pem"
  tls_key_file  = "/etc/strongroom/tls/key.pem"
}
