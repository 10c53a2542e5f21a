"""The self-test's cell, which really tries to escape: it runs inside and prints the attempts that succeeded.

It is sent as text in which the canaries' paths replace `CANARIES`.
"""

CELL = r"""
import json, os, sys

class Missing:
    # what this Python does not have: every use of it fails
    pass

def module(name):
    try:
        return __import__(name)
    except ImportError:
        return Missing()

ctypes, fcntl, signal, socket = map(module, ("ctypes", "fcntl", "signal", "socket"))
canaries = CANARIES
came_through = {}

def attempt(name):
    def decorate(function):
        try:
            result = function()
        except BaseException as error:
            result = None
        if result:
            came_through.setdefault(name, str(result)[:200])
    return decorate

for _path in (canaries["file"], canaries["home"], canaries["data"], "/etc/passwd", "/etc/shadow", "/root/.ssh"):
    @attempt("reading files of this machine")
    def _():
        if os.path.isdir(_path):
            return os.path.exists(canaries["file"]) and os.listdir(_path) and _path
        return open(_path).read(10) and _path

# opened, never written: where the wall is missing, the test must not do the harm itself
# in WebAssembly the library lies in the guest's own memory, not in a file of this machine
_library = () if sys.platform == "wasi" else (os.__file__,)
for _path in (canaries["file"], *_library, canaries["kernel"]):
    @attempt("writing outside /mnt/data")
    def _():
        return os.open(_path, os.O_WRONLY) and _path

for _path in (os.path.dirname(canaries["outside"]), "/etc", "/usr", "/usr/lib", "/", os.path.dirname(os.__file__)):
    @attempt("writing outside /mnt/data")
    def _():
        # a file without a name, which is gone when it is closed
        return os.open(_path, os.O_TMPFILE | os.O_WRONLY) and _path

@attempt("reading the program's environment")
def _():
    return set(os.environ) - set(canaries["variables"])

for _pid in (canaries["pid"], getattr(os, "getppid", os.getpid)(), 1):
    for _name in ("environ", "mem", "maps", "cmdline", "fd"):
        @attempt("looking into other processes")
        def _():
            path = f"/proc/{_pid}/{_name}"
            return (os.listdir(path) if _name == "fd" else open(path, "rb").read(1)) and path

for _pid in (canaries["pid"], canaries["keeper"]):
    @attempt("sending signals to the program")
    def _():
        os.kill(_pid, 0)
        return _pid

# by their numbers: unix 1, internet 2 and 10, netlink 16, vsock 40
for _family, _kind, _address in (
    (2, 1, ("127.0.0.1", canaries["port"])),
    (2, 2, ("127.0.0.1", canaries["port"])),
    (10, 1, ("::1", canaries["port"])),
    (1, 1, canaries["socket"]),
    (1, 1, "\0" + canaries["abstract"]),
    (40, 1, (2, 1)),
    (16, 3, (0, 0)),
):
    @attempt("opening a network connection")
    def _():
        with socket.socket(_family, _kind) as one:
            if _family in (40, 16):
                return f"family {_family}"
            one.settimeout(0.5)
            one.connect(_address)
            return _address

@attempt("creating namespaces")
def _():
    return ctypes.CDLL(None).unshare(0x10000000) == 0

# attaching would stop the program where the wall is missing; this only asks for it
@attempt("tracing other processes")
def _():
    return ctypes.CDLL(None).ptrace(0x4206, canaries["pid"], 0, 0) == 0

@attempt("creating links and pipes that could mislead the program")
def _():
    os.symlink("/etc/passwd", "/mnt/data/link")
    return "link"

@attempt("creating links and pipes that could mislead the program")
def _():
    os.mkfifo("/mnt/data/fifo")
    return "fifo"

@attempt("using the program's open files")
def _():
    return [number for number in range(5, 64) if _is_open(number)]

def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True

with open("/mnt/data/program", "w") as _file:
    _file.write(f"#!{sys.executable}\nprint('executed')\n")
_lock = open("/mnt/data/lock", "w")
try:
    os.chmod("/mnt/data/program", 0o755)
    fcntl.flock(_lock, fcntl.LOCK_EX)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
except (OSError, AttributeError):
    pass
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.pause()
        os._exit(0)
except (OSError, AttributeError):
    pass
print(json.dumps(came_through), flush=True)

@attempt("executing files it wrote")
def _():
    os.execv("/mnt/data/program", ["program"])
"""
