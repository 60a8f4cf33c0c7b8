"""shapes of API keys, and known devices and addresses"""

from __future__ import annotations

import ipaddress
import secrets
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def _network(address: str) -> str:
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def upgrade() -> None:
    with op.batch_alter_table('sign_in_failures', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_known', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f('ix_sign_in_failures_address_at'), ['address', 'at'], unique=False)

    op.create_table('known_places',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('network', sa.String(length=45), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_known_places_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_places'))
    )
    with op.batch_alter_table('known_places', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_known_places_user_id'), ['user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_known_places_token_digest'), ['token_digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_known_places_last_used_at'), ['last_used_at'], unique=False)

    # Who is signed in now is known where they are, though by no device yet.
    places = sa.table('known_places', *(sa.column(name, kind) for name, kind in (
        ('id', sa.Uuid()), ('user_id', sa.Uuid()), ('token_digest', sa.LargeBinary()),
        ('network', sa.String()), ('last_used_at', sa.DateTime(timezone=True)))))
    sessions = sa.table('sign_in_sessions', sa.column('user_id', sa.Uuid()), sa.column('address', sa.String()), sa.column('last_seen_at', sa.DateTime(timezone=True)))
    latest = sa.select(sessions.c.user_id, sessions.c.address, sa.func.max(sessions.c.last_seen_at)).group_by(sessions.c.user_id, sessions.c.address)
    for user_id, address, last_seen_at in op.get_bind().execute(latest).all():
        op.execute(places.insert().values(id=uuid4(), user_id=user_id, token_digest=secrets.token_bytes(32), network=_network(address), last_used_at=last_seen_at))

    # Of a key that exists nothing tells for sure what its token looks like, and none may stop working.
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shape', sa.String(length=10), server_default='plain', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        batch_op.drop_column('shape')
    op.drop_table('known_places')
    # Those of devices and sessions mean nothing to the code of then.
    op.execute('DELETE FROM sign_in_failures')
    with op.batch_alter_table('sign_in_failures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_failures_address_at'))
        batch_op.drop_column('is_known')
