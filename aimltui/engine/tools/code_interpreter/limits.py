"""The limits on what a model's code may use."""

from __future__ import annotations

from aimltui.common.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """The limits of one session, in bytes and seconds."""

    memory_bytes: int = 2 << 30
    """For all processes together."""
    address_space_bytes: int = 2 << 30
    """For one process; beyond it Python raises MemoryError, and the session continues."""
    processes: int = 64
    """Processes and threads."""
    open_files: int = 256
    file_bytes: int = 256 << 20
    """For one file."""
    disk_bytes: int = 1 << 30
    """For all files in /mnt/data together."""
    files: int = 2000
    """Number of files in /mnt/data."""
    temporary_bytes: int = 64 << 20
    """For /tmp, which is in memory."""
    wall_s: float = 120.0
    """For one cell."""
    cpu_s: float = 120.0
    """For one cell, all processes and processors together."""
    output_bytes: int = 16 << 20
    """For one cell."""
    images: int = 50
    """For one cell."""
    start_s: float = 20.0
    """Until the kernel program reports that it is ready."""
    idle_s: float = 1800.0
    """After the last cell, until the session ends."""

    def of_one_process(self, extra_processes: int) -> dict[str, int]:
        """The limits of one process for `setrlimit`.

        Args:
            extra_processes: Processes that the user runs already, if the system counts them too.
        """
        return {
            "RLIMIT_AS": self.address_space_bytes,
            "RLIMIT_NPROC": self.processes + extra_processes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_SIGPENDING": 1024,
            "RLIMIT_RTPRIO": 0,
            "RLIMIT_STACK": 8 << 20,
        }

    def of_the_tree(self) -> dict[str, int]:
        """The limits that the keeper watches for the whole jail, including its own processes."""
        return {
            "memory": self.memory_bytes,
            "processes": self.processes + 8,
            "disk": self.disk_bytes,
            "files": self.files,
        }
