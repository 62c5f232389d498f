"""Where everything is put together: the edge process and the engine process of a workspace."""

from weft.workspace import Workspace, init_workspace, open_workspace

__all__ = ["Workspace", "init_workspace", "open_workspace"]
