"""The system calls that a sandboxed tool is refused: those that widen what the kernel shows it.

A list of what is forbidden, not of what is allowed: Python, gevent and uploaded products use most of the
rest, and the namespaces, the missing capabilities and the uid already hold the common ways out.
"""

from __future__ import annotations

import errno
import functools
import os

import pyseccomp

FORBIDDEN = """
    io_uring_setup io_uring_enter io_uring_register userfaultfd add_key request_key keyctl bpf
    perf_event_open unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig
    fsmount fspick mount_setattr ptrace process_vm_readv process_vm_writev kcmp open_by_handle_at
    name_to_handle_at init_module finit_module delete_module kexec_load kexec_file_load swapon swapoff
    reboot acct quotactl syslog iopl ioperm settimeofday clock_settime clock_adjtime adjtimex
    personality vhangup lookup_dcookie fanotify_init
"""
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag: user, pid, net, ipc, uts, cgroup, mount, time


def open_filter() -> int:
    """Return a descriptor that bubblewrap reads the filter from; the caller closes it."""
    fd = os.memfd_create("seccomp", 0)
    os.write(fd, _program())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


@functools.cache
def _program() -> bytes:
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in FORBIDDEN.split():
        _refuse(rules, name, errno.EPERM)
    _refuse(
        rules, "clone3", errno.ENOSYS
    )  # its flags lie in memory, out of a filter's sight; libc falls back
    for bit in range(32):
        if NEW_NAMESPACES & 1 << bit:
            flag = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, 1 << bit, 1 << bit)
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", flag)
    return _exported(rules)


def _refuse(rules: pyseccomp.SyscallFilter, name: str, number: int) -> None:
    try:
        rules.add_rule(pyseccomp.ERRNO(number), name)
    except (ValueError, RuntimeError, OSError):  # this machine has no such call, so nobody can make it
        return


def _exported(rules: pyseccomp.SyscallFilter) -> bytes:
    fd = os.memfd_create("seccomp-build", 0)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            rules.export_bpf(file)
        os.lseek(fd, 0, os.SEEK_SET)
        return os.read(fd, 1 << 20)
    finally:
        os.close(fd)
