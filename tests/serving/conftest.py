from tests.tuning.conftest import shop

__all__ = ["shop"]
