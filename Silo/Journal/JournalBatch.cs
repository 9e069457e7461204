using Cmud.Replication;
using Cmud.Replication.Frames;
using RocksDbSharp;

namespace Cmud.Silo.Journal;

/// <summary>Rows that are written as one. For one thread; used again and again.</summary>
internal sealed class JournalBatch : IDisposable
{
    private readonly WriteBatch _batch = new();
    private readonly byte[] _key = new byte[JournalRow.MaxKeyLength];
    private byte[] _value = new byte[JournalRow.EntryOverhead + Door.MaxKeyBytes + Door.MaxValueBytes];

    public WriteBatch Rows => _batch;

    public void Put(Entry entry) =>
        Put(JournalRow.WriteEntryKey(_key, entry.Origin, entry.Sequence), JournalRow.WriteEntry(Room(JournalRow.EntryLength(entry)), entry));

    public void Delete(Mark mark) => Delete(JournalRow.WriteEntryKey(_key, mark.Origin, mark.Sequence));

    /// <summary>A held set as a whole; one that is empty is forgotten.</summary>
    public void Put(Origin origin, IntervalSet held)
    {
        var key = JournalRow.WriteOriginKey(_key, RowKind.Held, origin);
        if (held.IsEmpty) Delete(key);
        else Put(key, JournalRow.WriteHeld(Room(JournalRow.HeldLength(held)), held));
    }

    /// <summary>A shade; one without a hull is forgotten.</summary>
    public void Put(Shade shade)
    {
        var key = JournalRow.WriteShadeKey(_key, shade);
        if (shade.Hull is { } hull) Put(key, JournalRow.WriteHull(_value, hull));
        else Delete(key);
    }

    public void Put(Member member)
    {
        var row = JournalRow.MemberRow(member);
        row.CopyTo(Room(row.Length), 0);
        Put(JournalRow.WriteServerKey(_key, RowKind.Member, member.Id), row.Length);
    }

    public void PutPurged(Mark mark) => Put(JournalRow.WriteOriginKey(_key, RowKind.Purged, mark.Origin), JournalRow.WriteNumber(_value, mark.Sequence));

    public void PutCaught(ServerId server) => Put(JournalRow.WriteServerKey(_key, RowKind.Caught, server), JournalRow.WriteNumber(_value, 1));

    public void Put(Fact fact, ulong number) => Put(JournalRow.WriteFactKey(_key, fact), JournalRow.WriteNumber(_value, number));

    public void Clear() => _batch.Clear();

    public void Dispose() => _batch.Dispose();

    private void Put(int key, int value) => _batch.Put(_key.AsSpan(0, key), _value.AsSpan(0, value));

    private void Delete(int key) => _batch.Delete(_key.AsSpan(0, key));

    private byte[] Room(int bytes)
    {
        if (_value.Length < bytes) _value = new byte[bytes];
        return _value;
    }
}
