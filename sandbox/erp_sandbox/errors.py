class SandboxError(Exception):
    """What the user asked for cannot be done: one sentence that says what, where and what to do.

    Args:
        message: the sentence shown on stderr or in the answer's ``error``.
        exit_code: 1 when the run failed, 2 when the setting or the usage is wrong.
    """

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
