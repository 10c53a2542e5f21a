"""Ways out. Each is code for a cell; it prints ESCAPED when it was successful. `C` holds the canaries.

Where a wall is missing, none may do lasting harm: what is outside is opened and not written, signals are number 0.

Nothing here is imported by the code inside; this module only needs the standard library, for it is also read by a
runner that runs as another user.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """One way out, and what is to become of it."""

    name: str
    code: str
    becomes: tuple[str, ...] = ("ok", "error")
    """The status its cell may end with."""
    most_s: float = 10.0
    check: str | None = None
    """What to look at afterwards, from outside."""
    ends_by_time: bool = False
    """Nothing but the time limit ends it."""
    leaves: bool = False
    """Whether it leaves files or processes: it has a session to itself, since they would be the next one's."""


_LIBC = "import ctypes, os, errno\nlibc = ctypes.CDLL(None, use_errno=True)\nS = libc.syscall\nS.restype = ctypes.c_long\n"
_SOCKET = "import socket, os\n"


def _reads(path: str) -> str:
    return f"print('ESCAPED', open({path}, 'rb').read(20))"


def _writes(path: str) -> str:
    """Opened for it, and not written: where a wall is missing, the suite must not do the harm itself."""
    return f"import os\nos.open({path}, os.O_WRONLY); print('ESCAPED')"


def _creates(directory: str) -> str:
    """A file without a name, for the same reason."""
    return f"import os\nos.open({directory}, os.O_TMPFILE | os.O_WRONLY); print('ESCAPED', {directory})"


def _calls(number: int, *arguments: str) -> str:
    """A call by its x86-64 number; not being forbidden is enough."""
    given = ", ".join(["0"] * (6 - len(arguments)))
    return (
        f"{_LIBC}r = S({number}, {', '.join(arguments) + ', ' if arguments else ''}{given})\n"
        "e = ctypes.get_errno()\n"
        "if r >= 0 or e not in (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT): print('ESCAPED', r, e)"
    )


FILES = [
    # the first: others leave descriptors of their own
    Attempt(
        "find inherited descriptors",
        # in WebAssembly the fifth is the library's directory in the guest's own memory
        "import os, sys\nfor n in range(5 + (sys.platform == 'wasi'), 250):\n  try:\n    os.fstat(n); print('ESCAPED', n)\n  except OSError: pass",
    ),
    Attempt("read a key file in the data directory", _reads("C['canary']")),
    Attempt("read a key file in the home", _reads("C['home_canary']")),
    Attempt(
        "list the home",
        "import os\nif os.path.basename(C['home_canary']) in os.listdir(C['home']): print('ESCAPED')",
    ),
    Attempt("read the user list", _reads("'/etc/passwd'")),
    Attempt("read the password file", _reads("'/etc/shadow'")),
    Attempt("read another session's file", _reads("C['other_session']")),
    Attempt("read the program's database", _reads("C['database']")),
    Attempt(
        "climb up from /mnt/data",
        "import os\nfor n in range(12):\n  p = '/mnt/data/' + '../' * n + C['canary'].lstrip('/')\n  try: print('ESCAPED', open(p).read())\n  except OSError: pass",
    ),
    Attempt(
        "climb up through a directory's descriptor",
        "import os\nd = os.open('/mnt/data', os.O_PATH)\nfor n in range(12):\n  try: print('ESCAPED', os.open('../' * n + C['canary'].lstrip('/'), os.O_RDONLY, dir_fd=d))\n  except OSError: pass",
    ),
    Attempt("change the root directory", "import os\nos.chroot('/mnt/data'); print('ESCAPED')"),
    Attempt(
        "mount something",
        _LIBC + "if libc.mount(b'none', b'/mnt/data', b'tmpfs', 0, None) == 0: print('ESCAPED')",
    ),
    Attempt("unmount something", _LIBC + "if libc.umount2(b'/mnt/data', 2) == 0: print('ESCAPED')"),
    Attempt(
        "make a symbolic link to a key file",
        "import os\nos.symlink(C['canary'], '/mnt/data/s'); print('ESCAPED')",
    ),
    Attempt(
        "make a hard link to a key file", "import os\nos.link(C['canary'], '/mnt/data/h'); print('ESCAPED')"
    ),
    Attempt(
        "make a hard link to the interpreter",
        "import os, sys\nos.link(sys.executable, '/mnt/data/h'); print('ESCAPED')",
    ),
    Attempt("open a file by its handle", _calls(304, "-100", "0", "0")),
    Attempt(
        "read the disk",
        "for p in ('/dev/vda', '/dev/sda', '/dev/nvme0n1', '/dev/mem', '/dev/kmsg', '/dev/port'):\n  try: print('ESCAPED', open(p, 'rb').read(1))\n  except OSError: pass",
    ),
    Attempt(
        "make a device",
        "import os, stat\nos.mknod('/mnt/data/d', 0o666 | stat.S_IFCHR, os.makedev(1, 1)); print('ESCAPED')",
    ),
    Attempt(
        "make a pipe for the program to hang on", "import os\nos.mkfifo('/mnt/data/f'); print('ESCAPED')"
    ),
    Attempt(
        "make a file that runs as somebody else",
        "import os\nopen('/mnt/data/u', 'w').close()\nos.chmod('/mnt/data/u', 0o6755)\nif os.stat('/mnt/data/u').st_mode & 0o6000: print('ESCAPED')",
    ),
    Attempt(
        "create a file that runs as somebody else",
        "import os\nos.open('/mnt/data/u2', os.O_CREAT | os.O_WRONLY, 0o6755)\nif os.stat('/mnt/data/u2').st_mode & 0o6000: print('ESCAPED')",
    ),
    Attempt("write into a key file", _writes("C['canary']"), check="canary"),
    Attempt("write beside the session", _writes("C['outside']"), check="outside"),
    Attempt(
        "truncate a key file", "import os\nos.truncate(C['canary'], 0); print('ESCAPED')", check="canary"
    ),
    Attempt("delete a key file", "import os\nos.unlink(C['canary']); print('ESCAPED')", check="canary"),
    Attempt(
        "rename a key file into /mnt/data",
        "import os\nos.rename(C['canary'], '/mnt/data/x'); print('ESCAPED')",
        check="canary",
    ),
    Attempt(
        "rename a file of its own over a key file",
        "import os\nopen('/mnt/data/x', 'w').close()\nos.rename('/mnt/data/x', C['canary']); print('ESCAPED')",
        check="canary",
    ),
    Attempt("change a key file's mode", "import os\nos.chmod(C['canary'], 0o777)", check="mode"),
    Attempt("change a key file's time", "import os\nos.utime(C['canary'], (1, 1))", check="mode"),
    Attempt(
        "change a key file's attributes",
        "import os\nos.setxattr(C['canary'], 'user.x', b'1'); print('ESCAPED')",
    ),
    Attempt(
        "make a directory outside", "import os\nos.mkdir(C['outside']); print('ESCAPED')", check="outside"
    ),
    Attempt("write into the standard library", _writes("__import__('json').__file__")),
    Attempt("add to the standard library", _creates("os.path.dirname(os.__file__)")),
    Attempt(
        "put a start-up file into the interpreter",
        "import sysconfig\n" + _creates("sysconfig.get_paths()['purelib']"),
    ),
    Attempt(
        "change the mode of the interpreter",
        "import os, json\nfd = os.open(json.__file__, os.O_RDONLY)\nos.fchmod(fd, os.fstat(fd).st_mode & 0o777 ^ 0o001)",
        check="stdlib",
    ),
    Attempt("write into the kernel program", _writes("C['kernel']")),
    Attempt("write into the program's own modules", _writes("C['jailer']")),
    Attempt("watch what happens in the home", _calls(294)),
    Attempt(
        "write to the system",
        "import os\nfor p in ('/etc', '/usr', '/usr/lib', '/var/tmp', '/dev', '/run', '/', '/mnt', '/jail'):\n  try: print('ESCAPED', p, os.open(p, os.O_TMPFILE | os.O_WRONLY))\n  except OSError: pass",
    ),
    Attempt(
        "change the system's settings",
        "import os\nfor p in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/sys/kernel/uevent_helper'):\n  try: print('ESCAPED', p, os.open(p, os.O_WRONLY))\n  except OSError: pass",
    ),
]

PROCESSES = [
    Attempt("read the program's environment", _reads("f\"/proc/{C['pid']}/environ\"")),
    Attempt("read the keeper's environment", _reads("f\"/proc/{C['keeper']}/environ\"")),
    Attempt("read the environment of process 1", _reads("'/proc/1/environ'")),
    Attempt("read the program's memory", _reads("f\"/proc/{C['pid']}/mem\"")),
    Attempt("read the program's command line", _reads("f\"/proc/{C['pid']}/cmdline\"")),
    Attempt(
        "list the system's processes",
        "import os\nif [n for n in os.listdir('/proc') if n.isdigit()]: print('ESCAPED')",
    ),
    Attempt("reach the file system through /proc", _reads("f\"/proc/{C['pid']}/root\" + C['canary']")),
    Attempt(
        "find a variable that is not its own",
        "import os\nif C['secret'] in str(os.environ) or set(os.environ) - set(C['variables']): print('ESCAPED', set(os.environ))",
    ),
    Attempt("signal the program", "import os\nos.kill(C['pid'], 0); print('ESCAPED')"),
    Attempt("kill the keeper", "import os\nos.kill(C['keeper'], 9); print('ESCAPED')", check="keeper"),
    Attempt(
        "kill the keeper by a descriptor",
        "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(C['keeper']), 9); print('ESCAPED')",
        check="keeper",
    ),
    Attempt(
        "signal everything",
        "import os\nos.kill(-1, 0)",
        ("ok", "error", "died"),
        check="keeper",
    ),
    Attempt(
        "kill the parent", "import os\nos.kill(os.getppid(), 9)", ("ok", "error", "died"), check="keeper"
    ),
    Attempt(
        "signal its process group",
        "import os\nos.killpg(0, 0)",
        check="keeper",
    ),
    Attempt("trace the program", _LIBC + "if libc.ptrace(0x4206, C['pid'], 0, 0) == 0: print('ESCAPED')"),
    Attempt("trace itself", _LIBC + "if libc.ptrace(0, 0, 0, 0) == 0: print('ESCAPED')"),
    Attempt("read the program's memory by a call", _calls(310, "C['pid']")),
    Attempt("take a descriptor of the program", _calls(438, "3", "0")),
    Attempt(
        "limit the program",
        "import resource\nresource.prlimit(C['pid'], resource.RLIMIT_NOFILE); print('ESCAPED')",
    ),
    Attempt(
        "raise its own limits",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1)); print('ESCAPED')",
    ),
    Attempt(
        "slow the program down", "import os\nos.setpriority(os.PRIO_PROCESS, C['pid'], 0); print('ESCAPED')"
    ),
    Attempt(
        "pin the program to a processor",
        "import os\nos.sched_setaffinity(C['pid'], os.sched_getaffinity(C['pid'])); print('ESCAPED')",
    ),
    Attempt(
        "become root", "import os\nos.setuid(0)\nif os.getuid() == 0 and open(C['canary']): print('ESCAPED')"
    ),
    Attempt("have a terminal", "import os\nos.open('/dev/tty', os.O_RDWR); print('ESCAPED')"),
    Attempt("type into a terminal", "import fcntl\nfcntl.ioctl(1, 0x5412, b'x'); print('ESCAPED')"),
    Attempt(
        "execute a script it wrote",
        "import os, sys\nopen('/mnt/data/p', 'w').write('#!' + sys.executable + '\\nprint(\"ESCAPED\")')\nos.chmod('/mnt/data/p', 0o755)\nos.execv('/mnt/data/p', ['p'])",
    ),
    Attempt(
        "execute a script in /tmp",
        "import os, sys\np = os.environ['TMPDIR'] + '/p'\nopen(p, 'w').write('#!' + sys.executable + '\\nprint(\"ESCAPED\")')\nos.chmod(p, 0o755)\nos.execv(p, ['p'])",
    ),
    Attempt(
        "execute a copy of a program",
        "import os, sys, shutil\nshutil.copyfile(os.path.realpath(sys.executable), '/mnt/data/q')\nos.chmod('/mnt/data/q', 0o755)\nos.execv('/mnt/data/q', ['q', '-c', 'print(\"ESCAPED\")'])",
        ("ok", "error", "died"),
    ),
    Attempt("execute from memory", "import os\nos.memfd_create('x'); print('ESCAPED')"),
    Attempt("execute a shell", "import os\nos.execv('/bin/sh', ['sh', '-c', 'echo ESCAPED'])"),
    Attempt(
        "outlive its session",
        "import os, signal\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    f = open('/mnt/data/lock', 'w')\n    import fcntl; fcntl.flock(f, fcntl.LOCK_EX)\n    open('/mnt/data/locked', 'w').close()\n    signal.pause()\n  os._exit(0)\nimport time\nwhile not __import__('os').path.exists('/mnt/data/locked'): time.sleep(0.01)",
        check="lock",
    ),
]

KERNEL = [
    Attempt("make a user namespace", _LIBC + "if libc.unshare(0x10000000) == 0: print('ESCAPED')"),
    Attempt("clone into namespaces", _calls(56, "0x10000000 | 17")),
    Attempt("join a namespace", _calls(308, "0", "0")),
    Attempt("load a program into the kernel", _calls(321)),
    Attempt("use the keys of the session", _calls(250, "0", "-3", "0")),
    Attempt("measure the system", _calls(298, "0", "0", "-1", "-1")),
    Attempt("use asynchronous calls", _calls(425, "1", "0")),
    Attempt("handle page faults", _calls(323, "0")),
    Attempt("load a module", _calls(313, "0")),
    Attempt("restart the machine", _calls(169, "0", "0", "0")),
    Attempt("set the clock", _calls(227, "0", "0")),
    Attempt(
        "change the machine's name",
        "import socket\nsocket.sethostname(socket.gethostname()); print('ESCAPED')",
    ),
    Attempt("talk to the hardware", _calls(172, "3")),
    Attempt("use calls of the other table", _LIBC + "S(0x40000000 | 39); print('ESCAPED')", ("died",)),
    Attempt("use calls that are too new", _calls(457)),
    Attempt("share memory by a key", _calls(29, "0", "4096", "0o1666")),
]


def _connects(family: str, kind: str, address: str) -> str:
    return f"{_SOCKET}s = socket.socket({family}, {kind})\ns.settimeout(1)\ns.connect({address}); print('ESCAPED')"


NETWORK = [
    Attempt(
        "connect to this machine",
        _connects("socket.AF_INET", "socket.SOCK_STREAM", "('127.0.0.1', C['port'])"),
    ),
    Attempt("connect by IPv6", _connects("socket.AF_INET6", "socket.SOCK_STREAM", "('::1', C['port'])")),
    Attempt(
        "send a datagram",
        _SOCKET
        + "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', C['port'])); print('ESCAPED')",
    ),
    Attempt(
        "listen", _SOCKET + "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); print('ESCAPED')"
    ),
    Attempt(
        "connect to a socket in the file system",
        _connects("socket.AF_UNIX", "socket.SOCK_STREAM", "C['socket']"),
    ),
    Attempt(
        "connect to a socket without a file",
        _connects("socket.AF_UNIX", "socket.SOCK_STREAM", "'\\0' + C['abstract']"),
    ),
    Attempt(
        "turn a pair of sockets to somebody else",
        _SOCKET
        + "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\na.sendto(b'x', '\\0' + C['datagrams']); print('ESCAPED')",
    ),
    Attempt(
        "connect one of a pair elsewhere",
        _SOCKET + "a, b = socket.socketpair()\na.connect('\\0' + C['abstract']); print('ESCAPED')",
    ),
    Attempt("bind one of a pair", _SOCKET + "a, b = socket.socketpair()\na.bind('\\0x'); print('ESCAPED')"),
    *(
        Attempt(
            f"open a socket of family {name}", f"{_SOCKET}socket.socket({number}, {kind}); print('ESCAPED')"
        )
        for name, number, kind in (
            ("vsock", 40, 1),
            ("netlink", 16, 3),
            ("packet", 17, 3),
            ("bluetooth", 31, 1),
            ("alg", 38, 5),
            ("tipc", 30, 1),
            ("xdp", 44, 3),
            ("can", 29, 3),
        )
    ),
    Attempt("ask for a name", _SOCKET + "socket.getaddrinfo('example.com', 80); print('ESCAPED')"),
]

STOPPED = ("error", "interrupted", "died")

BOMBS = [
    Attempt(
        "pretend to be done, and go on",
        "import json, os, struct, sys, time\ncell = int(sys._getframe().f_code.co_filename[6:-1])\n"
        "said = json.dumps({'event': 'done', 'cell': cell, 'ok': True}).encode()\n"
        "frame = struct.pack('>I', len(said)) + said\n"
        "os.pwrite(2, frame, 0) if sys.platform == 'wasi' else os.write(4, frame)\n"
        "while True: open('/mnt/data/beat', 'w').write(str(time.time()))",
        ("ok",),
        check="beat",
        leaves=True,
    ),
    Attempt("take memory at once", "b = bytearray(1 << 30); print('ESCAPED')", STOPPED),
    Attempt("take memory bit by bit", "l = []\nwhile True: l.append(' ' * 1000000)", STOPPED),
    Attempt(
        "take memory by children",
        "import os, time\nfor n in range(8):\n  if os.fork() == 0:\n    b = b'x' * (90 << 20)\n    time.sleep(60)\ntime.sleep(60)\nprint('ESCAPED')",
        STOPPED,
        leaves=True,
    ),
    Attempt("take memory by mapping", "import mmap\nm = mmap.mmap(-1, 1 << 30); print('ESCAPED')", STOPPED),
    Attempt("fork for ever", "import os\nwhile True: os.fork()", STOPPED, leaves=True),
    Attempt(
        "fork behind its own back",
        "import os\nwhile True:\n  try:\n    if os.fork() == 0: os.setsid()\n  except OSError: pass",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "start threads for ever",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        STOPPED,
    ),
    Attempt(
        "write one huge file",
        "f = open('/mnt/data/huge', 'wb')\nwhile True: f.write(b'x' * 1000000)",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "make a huge file without content",
        "open('/mnt/data/sparse', 'wb').truncate(1 << 40); print('ESCAPED')",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "write many large files",
        "n = 0\nwhile True:\n  n += 1\n  open(f'/mnt/data/large{n}', 'wb').write(b'x' * 4000000)",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "make files for ever",
        "n = 0\nwhile True:\n  n += 1\n  open(f'/mnt/data/f{n}', 'w').close()",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "make directories in one another for ever",
        "import os\nos.chdir('/mnt/data')\nwhile True:\n  os.mkdir('d' * 200); os.chdir('d' * 200)",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "hide files from being counted",
        "import os\nos.mkdir('/mnt/data/dark'); os.chmod('/mnt/data/dark', 0)\nimport time; time.sleep(2)",
        ("ok", "error", "interrupted", "died"),
        leaves=True,
    ),
    Attempt(
        "fill the disk with deleted files",
        "import os, time\nl = []\nfor n in range(200):\n  f = open('/mnt/data/gone', 'wb'); os.unlink('/mnt/data/gone'); f.write(b'x' * 1000000); f.flush(); l.append(f)\ntime.sleep(60)\nprint('ESCAPED')",
        STOPPED,
        leaves=True,
    ),
    Attempt(
        "fill /tmp",
        "import os, time\nfor n in range(100): open(f\"{os.environ['TMPDIR']}/t{n}\", 'wb').write(b'x' * 1000000)\ntime.sleep(60)\nprint('ESCAPED')",
        STOPPED,
        leaves=True,
    ),
    Attempt("print for ever", "while True: print('x' * 1000)", STOPPED),
    Attempt("print bytes for ever", "import os\nwhile True: os.write(2, bytes(range(256)) * 100)", STOPPED),
    Attempt("print without a line's end", "import sys\nwhile True: sys.stdout.write('x' * 100000)", STOPPED),
    Attempt("run for ever", "while True: pass", STOPPED, ends_by_time=True),
    Attempt("sleep for ever", "import time\ntime.sleep(1000)", STOPPED, ends_by_time=True),
    Attempt(
        "not hear the interrupt",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        STOPPED,
        ends_by_time=True,
    ),
    Attempt(
        "ignore the interrupt",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        STOPPED,
        ends_by_time=True,
    ),
    Attempt("block in C", "import ctypes\nctypes.PyDLL(None).pause()", STOPPED, ends_by_time=True),
    Attempt(
        "block in a regular expression",
        "import re\nre.match('(a+)+b', 'a' * 100)",
        STOPPED,
        ends_by_time=True,
    ),
    Attempt("compute one huge number", "x = 7 ** (10 ** 9)", STOPPED, ends_by_time=True),
    Attempt(
        "stop itself",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        ("error", "interrupted", "died"),
        ends_by_time=True,
    ),
    Attempt(
        "go to sleep in all threads",
        "import threading\nl = threading.Lock(); l.acquire(); l.acquire()",
        STOPPED,
        ends_by_time=True,
    ),
    Attempt("crash", "import ctypes\nctypes.string_at(0)", ("died",)),
    Attempt("end without a word", "import os\nos._exit(0)", ("died",)),
    Attempt("recurse for ever", "def f(): return f()\nf()", ("error",)),
    Attempt("close everything", "import os\nos.closerange(0, 250)", ("ok", "died", "interrupted")),
    Attempt(
        "garble the answers",
        "import os\nos.write(4, b'\\xff' * 100000)\nimport time; time.sleep(60)",
        STOPPED,
    ),
    Attempt(
        "answer with something else",
        "import os, struct\np = b'[1, 2]'\nos.write(4, struct.pack('>I', len(p)) + p)\nimport time; time.sleep(60)",
        STOPPED,
    ),
    Attempt(
        "answer with a deep structure",
        "import os, struct\np = b'[' * 50000\nos.write(4, struct.pack('>I', len(p)) + p)\nimport time; time.sleep(60)",
        STOPPED,
    ),
    Attempt(
        "leave a thread that goes on",
        "import threading, time\ndef go():\n  n = 0\n  while True:\n    n += 1\n    open('/mnt/data/beat', 'w').write(str(n)); time.sleep(0.005)\nthreading.Thread(target=go, daemon=True).start()\ntime.sleep(0.1)",
        ("ok",),
        check="beat",
        leaves=True,
    ),
    Attempt(
        "leave a process that goes on",
        "import os, time\nif os.fork() == 0:\n  n = 0\n  while True:\n    n += 1\n    open('/mnt/data/beat', 'w').write(str(n)); time.sleep(0.005)\ntime.sleep(0.1)",
        ("ok", "error"),
        check="beat",
        leaves=True,
    ),
    Attempt("print terminal escapes", "print('\\x1b]52;c;ZWNobw==\\x07\\x1b[2J\\x1b]0;title\\x07')", ("ok",)),
    Attempt(
        "draw a hostile picture", "class P:\n  def _repr_png_(self): return b'<svg onload=x>'\nP()", ("ok",)
    ),
    Attempt(
        "raise an exception that cannot be shown",
        "class E(Exception):\n  def __str__(self): raise SystemExit\nraise E",
        ("error",),
    ),
]

ATTEMPTS = [*FILES, *PROCESSES, *KERNEL, *NETWORK]
