"""A server of our own for the tests: a process with its configuration, certificate, keys and data in a temporary folder."""
import contextlib, os, pathlib, re, secrets, subprocess, tempfile, time

import hvac

current = None  # the server that the tests talk to; set by `run`


class Server:
    def __init__(self, binary, tls, stanzas=""):
        self.binary, self.tls, self.stanzas = binary, tls, stanzas

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="client-test-")
        self.folder = pathlib.Path(self.temporary.name)
        lines = ["tls_disable = true"]
        if self.tls:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                           check=True, capture_output=True)
            lines = ['tls_cert_file = "cert.pem"', 'tls_key_file = "key.pem"']
        self.listener = lines
        self.configure("127.0.0.1:0")
        self.start()
        try:
            self.initialise()
        except BaseException:
            self.__exit__()
            raise
        return self

    def configure(self, address):
        listener = "\n".join('  ' + line for line in [f'address = "{address}"', *self.listener])
        (self.folder / "config.hcl").write_text(f'storage "rocksdb" {{\n  path = "store"\n}}\nlistener "tcp" {{\n{listener}\n}}\n{self.stanzas}')

    def keep_address(self):
        """From the next start on it listens where it listens now."""
        self.configure(self.address.partition("://")[2])

    def initialise(self):
        made = self.client().sys.initialize(secret_shares=5, secret_threshold=3)
        self.keys, self.root_token = made["keys_base64"], made["root_token"]
        self.unseal()

    def unseal(self):
        self.client().sys.submit_unseal_keys(self.keys[:3])

    def start(self):
        self.log = open(self.folder / "server.log", "w+")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("VAULT_", "BAO_", "STRONGROOM_"))}
        self.process = subprocess.Popen([self.binary, "server", "-config=config.hcl"], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        found, deadline = None, time.monotonic() + 30
        while not found or "server started" not in text:
            text = (self.folder / "server.log").read_text()
            found = re.search(r'Listener 1: tcp \(addr: "(127\.0\.0\.1:\d+)"', text)
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start:\n" + text)
            time.sleep(0.02)
        self.address = ("https://" if self.tls else "http://") + found[1]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.log.close()
        return code

    def __exit__(self, *_):
        self.stop()
        self.temporary.cleanup()

    @property
    def verify(self):
        return str(self.folder / "cert.pem") if self.tls else True

    def client(self, token=None):
        return hvac.Client(url=self.address, token=token or "", verify=self.verify)

    def root(self):
        return self.client(self.root_token)


def unique(prefix):
    return f"{prefix}-{secrets.token_hex(4)}"


@contextlib.contextmanager
def kv_mount(root, prefix="kv"):
    path = unique(prefix)
    root.sys.enable_secrets_engine("kv", path=path, options={"version": "2"})
    try:
        yield path
    finally:
        root.sys.disable_secrets_engine(path)


def with_transit(root):
    """The transit engine where hvac looks for it; it stays, since tests that come later look there, too."""
    if "transit/" not in root.sys.list_mounted_secrets_engines()["data"]:
        root.sys.enable_secrets_engine("transit")
    return root.secrets.transit


@contextlib.contextmanager
def approle(root, **role):
    """An AppRole mount with one role, "app"; yields its path, the role id and a function that makes secret ids."""
    path = unique("approle")
    root.sys.enable_auth_method("approle", path=path)
    try:
        root.auth.approle.create_or_update_approle("app", mount_point=path, **role)
        role_id = root.auth.approle.read_role_id("app", mount_point=path)["data"]["role_id"]
        yield path, role_id, lambda **more: root.auth.approle.generate_secret_id("app", mount_point=path, **more)["data"]
    finally:
        root.sys.disable_auth_method(path)
