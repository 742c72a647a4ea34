"""An application that has its settings below `maily/` and lets the server encrypt for it: a service around hvac that reads, caches, tells
listeners of what has changed, and encrypts; and the template that an agent renders for it."""
import asyncio, base64, pathlib, tempfile, unittest

from hvac import exceptions

import peers, server
from peers_test import run

CONFIG = {"db_host": "postgres", "db_port": 5432, "db_username": "maily", "db_password": "geheim-ß", "redis_host": "redis", "redis_port": 6379, "redis_password": ""}
API_KEYS = {"stripe": "sk_test_1", "openai": "sk-2"}
CREDENTIALS = {"aws": {"aws_access_key": "AKIA", "aws_secret_key": "s3cr3t"}}
POLICY = """
path "maily/data/*" { capabilities = ["read"] }
path "transit/encrypt/maily-enc-key" { capabilities = ["update"] }
path "transit/decrypt/maily-enc-key" { capabilities = ["update"] }
"""
# As the guide has it, but for the white space.
TEMPLATE = """{{ with secret "maily/data/config" }}{
  "database": {"host": "{{ .Data.data.db_host }}", "port": {{ .Data.data.db_port }}, "username": "{{ .Data.data.db_username }}", "password": "{{ .Data.data.db_password }}"},
  "redis": {"host": "{{ .Data.data.redis_host }}", "port": {{ .Data.data.redis_port }}, "password": "{{ .Data.data.redis_password }}"}
}{{ end }}"""


class VaultService:
    def __init__(self, client):
        self.client, self.listeners, self.seen = client, {}, {}

    async def _read(self, path):
        answer = await asyncio.to_thread(self.client.read, path)
        data = answer["data"]["data"] if answer else {}
        if path in self.seen and self.seen[path] != data:
            for callback in self.listeners.get(path, []):
                callback(data)
        self.seen[path] = data
        return data

    async def get_config(self):
        return await self._read("maily/data/config")

    async def get_credentials(self, service):
        return (await self._read("maily/data/credentials")).get(service, {})

    async def get_api_keys(self):
        return await self._read("maily/data/api-keys")

    async def register_secret_listener(self, path, callback):
        await self._read(path)
        self.listeners.setdefault(path, []).append(callback)

    async def encrypt_data(self, key, data):
        plaintext = base64.b64encode(data.encode()).decode()
        return (await asyncio.to_thread(self.client.secrets.transit.encrypt_data, name=key, plaintext=plaintext))["data"]["ciphertext"]

    async def decrypt_data(self, key, ciphertext):
        answer = await asyncio.to_thread(self.client.secrets.transit.decrypt_data, name=key, ciphertext=ciphertext)
        return base64.b64decode(answer["data"]["plaintext"]).decode()


class Maily(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.root = server.current.root()
        self.root.sys.enable_secrets_engine("kv", path="maily", options={"version": "2"})
        self.addCleanup(self.root.sys.disable_secrets_engine, "maily")
        for name, secret in (("config", CONFIG), ("api-keys", API_KEYS), ("credentials", CREDENTIALS)):
            self.put(name, secret)
        self.root.sys.create_or_update_policy("maily", POLICY)
        self.addCleanup(self.root.sys.delete_policy, "maily")
        self.token = self.root.auth.token.create(policies=["maily"], ttl="1h")["auth"]["client_token"]
        self.service = VaultService(server.current.client(self.token))

    def put(self, name, secret):
        self.root.secrets.kv.v2.create_or_update_secret(name, secret=secret, mount_point="maily")

    async def test_reads_its_settings(self):
        self.assertEqual(await self.service.get_config(), CONFIG)
        self.assertEqual(await self.service.get_credentials("aws"), CREDENTIALS["aws"])
        self.assertEqual((await self.service.get_api_keys()).get("stripe"), "sk_test_1")
        with self.assertRaises(exceptions.Forbidden):
            self.service.client.secrets.kv.v2.create_or_update_secret("config", secret={}, mount_point="maily")

    async def test_tells_listeners_of_a_rotation(self):
        told = []
        await self.service.register_secret_listener("maily/data/config", told.append)
        await self.service.get_config()
        self.assertEqual(told, [])
        self.put("config", CONFIG | {"db_password": "neu"})
        self.assertEqual((await self.service.get_config())["db_password"], "neu")
        self.assertEqual(told, [CONFIG | {"db_password": "neu"}])

    async def test_encrypts(self):
        transit = server.with_transit(self.root)
        for key in ("maily-enc-key", "other-key"):
            transit.create_key(key)
            self.addCleanup(transit.delete_key, key)
            self.addCleanup(transit.update_key_configuration, key, deletion_allowed=True)
        sealed = []
        for data in ("someone@example.com", "", "Grüße, 世界 \0 \U0001f512", "x" * 100_000):
            sealed.append(await self.service.encrypt_data("maily-enc-key", data))
            self.assertTrue(sealed[-1].startswith("vault:v1:"))
            self.assertEqual(await self.service.decrypt_data("maily-enc-key", sealed[-1]), data)
        transit.rotate_key("maily-enc-key")
        self.assertEqual(await self.service.decrypt_data("maily-enc-key", sealed[0]), "someone@example.com")
        self.assertTrue((await self.service.encrypt_data("maily-enc-key", "a")).startswith("vault:v2:"))
        self.assertEqual(await asyncio.gather(*(self.service.decrypt_data("maily-enc-key", sealed[2]) for _ in range(32))), ["Grüße, 世界 \0 \U0001f512"] * 32)
        with self.assertRaises(exceptions.Forbidden):
            await self.service.encrypt_data("other-key", "a")
        with self.assertRaises(exceptions.InvalidRequest):
            await self.service.decrypt_data("maily-enc-key", "vault:v1:" + base64.b64encode(b"x" * 40).decode())

    async def test_is_rendered_by_an_agent(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        program = peers.go_program("consul-template", "build", "github.com/hashicorp/consul-template")
        (folder / "in.tpl").write_text(TEMPLATE)
        ssl = f'  ssl {{\n    enabled = true\n    ca_cert = "{server.current.folder}/cert.pem"\n  }}\n' if server.current.tls else ""
        (folder / "config.hcl").write_text(f'vault {{\n  address = "{server.current.address}"\n  token = "{self.token}"\n  renew_token = false\n{ssl}}}\n'
                                           f'template {{\n  source = "{folder}/in.tpl"\n  destination = "{folder}/config.json"\n}}\n')
        run(self, [program, "-config", folder / "config.hcl", "-once"])
        text = (folder / "config.json").read_text()
        self.assertIn('"port": 5432, "username": "maily", "password": "geheim-ß"', text)
