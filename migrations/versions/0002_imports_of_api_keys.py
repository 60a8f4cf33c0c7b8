"""imports of API keys"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_key_imports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.Uuid(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('mode', sa.String(length=20), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('entries', sa.LargeBinary(), nullable=True),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('overwritten', sa.Integer(), nullable=False),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('deleted', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_api_key_imports_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_api_key_imports_workspace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key_imports'))
    )
    with op.batch_alter_table('api_key_imports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_key_imports_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_api_key_imports_workspace_id'), ['workspace_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('api_key_imports', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_api_key_imports_workspace_id'))
        batch_op.drop_index(batch_op.f('ix_api_key_imports_created_at'))

    op.drop_table('api_key_imports')
