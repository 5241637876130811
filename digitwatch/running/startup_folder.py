"""The Startup folder of Windows: a shortcut that starts the watcher when its person logs on."""

import subprocess
import sys
import uuid
from pathlib import Path

from digitwatch.running.launch import Launch
from digitwatch.running.task_scheduler import description


def shortcut_in(folder: Path, launch: Launch) -> Path:
    """The shortcut of this launch."""
    return folder / f"{launch.name}.lnk"


if sys.platform == "win32":
    import ctypes
    from ctypes import WINFUNCTYPE, byref, c_void_p, wintypes

    SHELL_LINK = uuid.UUID("00021401-0000-0000-C000-000000000046").bytes_le
    I_SHELL_LINK = uuid.UUID("000214F9-0000-0000-C000-000000000046").bytes_le
    I_PERSIST_FILE = uuid.UUID("0000010B-0000-0000-C000-000000000046").bytes_le
    IN_PROCESS = 1

    # The number is the place of the method in the table of its interface (ShObjIdl_core.h,
    # ObjIdl.h); an answer that is a failure is raised as an OSError.
    _query_interface = WINFUNCTYPE(ctypes.HRESULT, c_void_p, c_void_p)(0, "QueryInterface")
    _release = WINFUNCTYPE(wintypes.ULONG)(2, "Release")
    _set_description = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPCWSTR)(7, "SetDescription")
    _set_folder = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPCWSTR)(9, "SetWorkingDirectory")
    _set_arguments = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPCWSTR)(11, "SetArguments")
    _set_path = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPCWSTR)(20, "SetPath")
    _save = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPCWSTR, wintypes.BOOL)(6, "Save")

    def startup_folder() -> Path:
        """The Startup folder of the person, wherever it was moved to; it need not be there.

        Raises:
            OSError: Windows does not say.
        """
        csidl_startup, csidl_flag_dont_verify = 0x7, 0x4000
        path = ctypes.create_unicode_buffer(wintypes.MAX_PATH)
        shell32 = ctypes.OleDLL("shell32")
        shell32.SHGetFolderPathW(None, csidl_startup | csidl_flag_dont_verify, None, 0, path)
        return Path(path.value)

    def write_shortcut(path: Path, launch: Launch) -> None:
        """Write a shortcut that runs the command in its folder.

        Raises:
            OSError: It cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        ole32 = ctypes.OleDLL("ole32")
        link, file = c_void_p(), c_void_p()
        ole32.CoInitialize(None)
        try:
            ole32.CoCreateInstance(SHELL_LINK, None, IN_PROCESS, I_SHELL_LINK, byref(link))
            _set_path(link, str(launch.program))
            _set_arguments(link, subprocess.list2cmdline(launch.arguments))
            _set_folder(link, str(launch.folder))
            _set_description(link, description(launch))
            _query_interface(link, I_PERSIST_FILE, byref(file))
            _save(file, str(path), True)
        finally:
            for interface in (file, link):
                if interface:
                    _release(interface)
            ole32.CoUninitialize()
