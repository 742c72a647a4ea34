"""One server opens another: the inner one's root key is wrapped by a key of the outer one's transit engine."""
import time, unittest

import server


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.1)
    return found


class Inner(server.Server):
    """Opens itself, and has a recovery key."""

    def initialise(self):
        made = self.client().sys.initialize(recovery_shares=1, recovery_threshold=1)
        self.recovery_key, self.root_token = made["recovery_keys_base64"][0], made["root_token"]
        wait_for(lambda: not self.sealed())

    def status(self):
        return self.client().sys.read_seal_status()

    def sealed(self):
        return self.status()["sealed"]

    def restart(self, stanzas=None):
        assert self.stop() == 0
        if stanzas is not None:
            self.stanzas = stanzas
        self.configure("127.0.0.1:0")
        self.start()

    def restart_open(self, stanzas=None):
        self.restart(stanzas)
        wait_for(lambda: not self.sealed())

    def said(self, text):
        return text in (self.folder / "server.log").read_text()


class TransitSeal(unittest.TestCase):
    def outer(self):
        """What a seal needs of the outer server: a key, and a token that may use it and nothing else."""
        self.key = server.unique("autounseal")
        self.outer_server = server.current
        return self.prepare()

    def prepare(self):
        root = self.outer_server.root()
        server.with_transit(root).create_key(self.key)
        root.sys.create_or_update_policy(self.key, "\n".join(
            f'path "transit/{verb}/{self.key}" {{ capabilities = ["update"] }}' for verb in ("encrypt", "decrypt")))
        self.addCleanup(lambda: self.outer_server.root().sys.delete_policy(self.key))
        return root

    def token(self, **more):
        return self.outer_server.root().auth.token.create(policies=[self.key], no_parent=True, **more)["auth"]["client_token"]

    def stanza(self, token=None, more=""):
        tls = f'  tls_ca_cert = "{self.outer_server.folder}/cert.pem"\n' if self.outer_server.tls else ""
        return (f'seal "transit" {{\n  address = "{self.outer_server.address}"\n  token = "{token or self.token(period="1h")}"\n'
                f'  key_name = "{self.key}"\n  mount_path = "transit/"\n{tls}{more}}}\n')

    def inner(self, stanza, kind=Inner):
        started = self.enterContext(kind(server.current.binary, False, stanza))
        started.root().sys.enable_secrets_engine("kv", path="kv", options={"version": "2"})
        started.root().secrets.kv.v2.create_or_update_secret("a", secret={"k": "v"}, mount_point="kv")
        return started

    def assert_whole(self, inner):
        self.assertEqual(inner.root().secrets.kv.v2.read_secret_version("a", mount_point="kv", raise_on_deleted_version=True)["data"]["data"], {"k": "v"})

    def test_follows_the_key(self):
        root = self.outer()
        inner = self.inner(self.stanza())
        self.assertEqual((inner.status()["type"], inner.status()["recovery_seal"]), ("transit", True))
        inner.restart_open()
        self.assert_whole(inner)
        root.secrets.transit.rotate_key(self.key)
        inner.restart_open()
        self.assertTrue(inner.said("the root key is wrapped by another key of the seal from now on: key_id=v2"))
        # The former version is of no use any more.
        root.secrets.transit.update_key_configuration(self.key, min_decryption_version=2)
        inner.restart_open()
        self.assert_whole(inner)
        self.assertNotIn(inner.root_token, (inner.folder / "server.log").read_text())

    def test_waits_for_the_outer_server(self):
        self.key = server.unique("autounseal")
        self.outer_server = self.enterContext(server.Server(server.current.binary, server.current.tls))
        self.outer_server.keep_address()
        self.prepare()
        token = self.token(period="1h")
        inner = self.inner(self.stanza(token))

        self.outer_server.stop()
        inner.restart()
        warnings = wait_for(lambda: inner.status().get("warnings"))
        self.assertIn('the seal "transit" does not answer', warnings[0])
        self.assertTrue(inner.sealed())
        health = inner.client().sys.read_health_status(method="GET")
        self.assertEqual((health.status_code, health.json()["warnings"]), (503, warnings))
        self.assertTrue(inner.said("the server cannot be unsealed by its seal and stays sealed; trying again"))

        # Back, but sealed itself: that is no reason to give up either. And then open.
        self.outer_server.start()
        wait_for(lambda: inner.said("it answered 503"))
        self.assertTrue(inner.sealed())
        self.outer_server.unseal()
        wait_for(lambda: not inner.sealed())
        self.assert_whole(inner)
        self.assertNotIn("warnings", inner.status())
        self.assertFalse(inner.said(token))

    def test_keeps_its_token_alive(self):
        self.outer()
        token = self.token(period="6s")
        inner = self.inner(self.stanza(token))
        time.sleep(8)
        self.assertGreater(self.outer_server.client(token).auth.token.lookup_self()["data"]["ttl"], 0)
        inner.restart_open()
        # With the renewal off it ends, and then nothing opens until there is another.
        inner.restart_open(self.stanza(token, more="  disable_renewal = true\n"))
        time.sleep(8)
        inner.restart()
        wait_for(lambda: inner.said("it answered 403: "))
        self.assertTrue(inner.sealed())
        inner.restart_open(self.stanza())
        self.assert_whole(inner)

    def test_moves_from_shares_and_back(self):
        self.outer()
        transit = self.stanza()
        away = transit.replace("{\n", '{\n  disabled = "true"\n', 1)
        static = 'seal "static" {\n  current_key_id = "1"\n  current_key = "%s"\n}\n' % ("ab" * 32)

        class Shared(Inner):
            initialise, unseal = server.Server.initialise, server.Server.unseal

        inner = self.inner("", kind=Shared)

        def move(stanzas):
            inner.restart(stanzas)
            self.assertTrue(inner.status()["migration"])
            for key in inner.keys[:3]:
                inner.client().sys.submit_unseal_key(key, migrate=True)
            wait_for(lambda: not inner.sealed())
            self.assert_whole(inner)

        move(transit)
        inner.restart_open()
        move(away + static)
        inner.restart_open(static)
        move(static.replace("{\n", '{\n  disabled = "true"\n', 1) + transit)
        inner.restart_open(transit)
        self.assert_whole(inner)
        move(away)
        inner.restart("")
        self.assertEqual((inner.status()["type"], inner.sealed()), ("shamir", True))
        inner.unseal()
        self.assert_whole(inner)


