"""members that a model's callers may send beyond OpenAI's"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('language_models', schema=None) as batch_op:
        batch_op.add_column(sa.Column('allowed_members', sa.Text(), server_default='[]', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('language_models', schema=None) as batch_op:
        batch_op.drop_column('allowed_members')
