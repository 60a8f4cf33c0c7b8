"""who tried a flow by hand"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

CALLED, TRIED = sa.text('tried_by_id IS NULL'), sa.text('tried_by_id IS NOT NULL')


def upgrade() -> None:
    # Runs of before are told as calls, as they were.
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tried_by_id', sa.Uuid(), nullable=True))
    for name, which in (('ix_runs_called', CALLED), ('ix_runs_tried', TRIED)):
        op.create_index(name, 'runs', ['flow_id', 'started_at', 'id'], unique=False, sqlite_where=which, postgresql_where=which)


def downgrade() -> None:
    op.drop_index('ix_runs_tried', table_name='runs')
    op.drop_index('ix_runs_called', table_name='runs')
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_column('tried_by_id')
