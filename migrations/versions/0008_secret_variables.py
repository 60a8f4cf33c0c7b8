"""secret variables of a workspace"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('variables', schema=None) as batch_op:
        batch_op.add_column(sa.Column('encrypted', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    # Without the column their value is gone, and an empty one would be taken for it.
    op.execute('DELETE FROM variables WHERE encrypted IS NOT NULL')
    with op.batch_alter_table('variables', schema=None) as batch_op:
        batch_op.drop_column('encrypted')
