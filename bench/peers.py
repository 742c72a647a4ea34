"""What is measured and what it is measured beside: the server, nginx, and wrk as the load of both."""
import http.client, json, os, re, shutil, signal, socket, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TICKS = os.sysconf("SC_CLK_TCK")


def need(tool, package):
    if shutil.which(tool) or os.path.exists("/usr/sbin/" + tool):
        return
    print(f"installing {package}", file=sys.stderr)
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run(sudo + ["apt-get", "install", "-y", "-qq", package], check=True, stdout=subprocess.DEVNULL)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:78}\r", end="", file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """utime + stime of all threads of the process; the name in the second field may hold blanks."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1))


class Process:
    """A server under test, ended when the run ends, however it ends."""

    def __init__(self, command, port, log):
        self.port = port
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": os.path.dirname(log.name)})
        self.pid = self.process.pid
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - self.began > 30:
                    sys.exit(f"{command[0]} did not start, see {log.name}:\n{open(log.name).read()[-2000:]}")
                time.sleep(0.001)
        self.startup = time.monotonic() - self.began

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()


class Strongroom:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.token, self.starts = binary, folder, None, []
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.config = os.path.join(folder, "strongroom.hcl")
        with open(self.config, "w") as file:
            file.write(f'storage "rocksdb" {{ path = "{folder}/db" }}\n'
                       f'listener "tcp" {{ address = "127.0.0.1:{self.port}"\n tls_disable = true }}\n'
                       'io_threads = 1\nlog_level = "warn"\ndisable_mlock = true\n')
        self.start()
        self.key = self.api("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.root, self.key = self.key["root_token"], self.key["keys_base64"][0]
        self.unseal()

    def start(self):
        self.process = Process([self.binary, "server", "-config=" + self.config], self.port, open(os.path.join(self.folder, "server.log"), "a"))
        self.starts.append(self.process.startup)
        self.pid = self.process.pid

    def unseal(self):
        self.token = None
        began = time.monotonic()
        self.api("PUT", "sys/unseal", {"key": self.key})
        self.token = self.root
        self.api("GET", "auth/token/lookup-self")
        self.ready = time.monotonic() - began  # seconds from the key to the first answer

    def restart(self):
        self.process.stop()
        self.start()
        self.unseal()

    def api(self, method, path, body=None, raw=False):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["X-Vault-Token"] = self.token
        connection.request(method, "/v1/" + path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        if raw:
            return answer, text
        return json.loads(text) if text else None


def start_nginx(folder, headers, body):
    """One process that returns the same bytes for every request."""
    port = free_port()
    quoted = body.replace("\\", "\\\\").replace("'", "\\'")
    if "$" in quoted:
        sys.exit("the body holds a $, which nginx would replace")
    added = "".join(f"      add_header {name} '{value}';\n" for name, value in headers if name.lower() not in ("content-type", "content-length", "date", "connection"))
    config = os.path.join(folder, "nginx.conf")
    temps = "".join(f"  {kind}_temp_path {folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(config, "w") as file:
        file.write("daemon off;\nmaster_process off;\nworker_processes 1;\n"
                   f"pid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log;\nevents {{ worker_connections 1024; }}\nhttp {{\n{temps}"
                   "  access_log off;\n  keepalive_requests 1000000000;\n  server_tokens off;\n  default_type application/json;\n"
                   f"  server {{\n    listen 127.0.0.1:{port};\n    location / {{\n{added}      return 200 '{quoted}';\n    }}\n  }}\n}}\n")
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    return Process([binary, "-p", folder, "-c", config], port, open(os.path.join(folder, "nginx.log"), "a"))


class Rate:
    """Requests of one run: by the clock, and by the CPU time of the server."""

    def __init__(self, wall, cpu=None):
        self.wall, self.cpu = wall, cpu


def wrk(pid, url, connections, seconds, headers=(), script=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", os.path.join(HERE, script[0])]
    command += [url]
    if script:
        command += ["--", *script[1:]]
    before = cpu_seconds(pid)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used = cpu_seconds(pid) - before
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", output)
    if not found or "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"wrk of {url} was not answered well:\n{output}")
    count, took = int(found.group(1)), float(found.group(2)) * {"ms": 0.001, "s": 1, "m": 60}[found.group(3)]
    return Rate(count / took, count / used if used > 0 else None)
