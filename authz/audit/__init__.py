"""审计日志, the audit log: append-only, hash-chained, with a Merkle tree and signed checkpoints."""

from authz.audit.checkpoints import Checkpoints as Checkpoints
from authz.audit.log import AuditLog as AuditLog
from authz.audit.log import AuditReport as AuditReport
from authz.audit.log import Entry as Entry
from authz.audit.log import Value as Value
from verifier.chain import Finding as Finding
from verifier.chain import Tampering as Tampering
