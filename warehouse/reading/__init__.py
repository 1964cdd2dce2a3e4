"""Bytes to rows: unpack, prove the encoding, split, check; nothing about homes or audits."""

from warehouse.reading.archive import Limits, Member, batches
from warehouse.reading.checks import field_bucket_sql
from warehouse.reading.table import Reading, read_batch

__all__ = ["Limits", "Member", "Reading", "batches", "field_bucket_sql", "read_batch"]
