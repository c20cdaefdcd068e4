from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is not typed
    """Hashed names for everything, also for what one JS module imports from another."""

    support_js_module_import_aggregation = True
