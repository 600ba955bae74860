"""Records of the quality management system: targets now; objectives, audits, actions to come."""

from kpi.qms.targets import Slice, Target, current_targets, put_target, target_for

__all__ = ["Slice", "Target", "current_targets", "put_target", "target_for"]
