using System.Globalization;
using Cmud.Replication;
using Cmud.Silo.Journal;
using Xunit;

namespace Cmud.Tests.Unit.Journal;

/// <summary>Row 6: files whose bytes changed. What was written is served or refused, and nothing else is ever served.</summary>
public sealed class DamageTests : IDisposable
{
    /// <summary>How many bits are flipped in the fast run; CMUD_FLIPS says another number.</summary>
    private static readonly int Flips = Environment.GetEnvironmentVariable("CMUD_FLIPS") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 150;

    private readonly TemporaryDirectory _whole = new();

    public void Dispose() => _whole.Dispose();

    [Fact]
    public async Task Row_6_a_flipped_bit_is_found_and_what_it_hit_is_refused_or_missing_but_never_served()
    {
        var written = await WriteTablesAndLog();
        // What RocksDB notes for people is no data.
        var files = Directory.EnumerateFiles(_whole.Path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is var name && !name.StartsWith("LO", StringComparison.Ordinal) && !name.StartsWith("OPTIONS", StringComparison.Ordinal))
            .Select(file => (Path: Path.GetRelativePath(_whole.Path, file), new FileInfo(file).Length)).Where(file => file.Length > 0)
            .OrderBy(file => file.Path, StringComparer.Ordinal).ToArray();
        var (random, refused, cut) = (new Random(6), 0, 0);

        for (var flip = 0; flip < Flips; flip++)
        {
            var (path, length) = files[flip % files.Length];
            var (at, bit) = (random.NextInt64(length), random.Next(8));
            using var copy = CopyWith(path, at, bit);
            try
            {
                using var journal = RocksJournal.Open(copy.Path, "test", new() { Reserve = 0 }, TimeProvider.System);
                var contents = journal.Recover();
                var left = contents.Entries.ToArray();
                foreach (var entry in left) Assert.True(written.TryGetValue(entry.Sequence, out var was) && Same(was, entry), $"bit {bit} of byte {at} of {path}: {entry.Stamp} is not what was written");
                var claimed = contents.Held.Where(held => held.Origin != journal.Origin).Sum(held => (long)held.Sequences.UpTo);
                Assert.True(claimed == left.Length, $"bit {bit} of byte {at} of {path}: {claimed} are claimed, {left.Length} are there");
                if (left.Length < written.Count) cut++;
            }
            catch (Exception e) when (e is DataDirectoryException or JournalFailedException)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }

        // Both must have been met, or the flips hit nothing.
        Assert.True(refused > 0 && cut > 0, $"{refused} refused, {cut} cut of {Flips}");
    }

    /// <summary>A table of 200 entries, and a log of 100 more.</summary>
    private async Task<Dictionary<ulong, Entry>> WriteTablesAndLog()
    {
        var written = new Dictionary<ulong, Entry>();
        using var source = new TemporaryDirectory();
        using var journal = RocksJournal.Open(source.Path, "test", new() { Reserve = 0, Durability = Durability.Interval }, TimeProvider.System);
        for (var i = 0; i < 300; i++)
        {
            var draft = new Entry(Writes.Bytes($"key {i}"), Writes.Bytes($"value {i} {new string('x', i)}"), new(new((ulong)i), journal.Origin, 0), sequence: 0);
            foreach (var entry in await journal.Append([draft])) written[entry.Sequence] = entry;
            if (i == 200) journal.FlushForTests();
        }

        CopyAll(source, _whole);
        return written;
    }

    private TemporaryDirectory CopyWith(string path, long at, int bit)
    {
        var copy = new TemporaryDirectory();
        CopyAll(_whole, copy);
        using var file = File.Open(copy.In(path), FileMode.Open);
        file.Position = at;
        var flipped = (byte)(file.ReadByte() ^ (1 << bit));
        file.Position = at;
        file.WriteByte(flipped);
        return copy;
    }

    private static void CopyAll(TemporaryDirectory from, TemporaryDirectory to)
    {
        Directory.CreateDirectory(to.In("journal"));
        foreach (var file in Directory.EnumerateFiles(from.Path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(from.Path, file)).Where(file => file != "lock"))
        {
            File.Copy(from.In(file), to.In(file));
        }
    }

    private static bool Same(Entry a, Entry b) => a.Stamp == b.Stamp && a.Expiry == b.Expiry && a.Key.AsSpan().SequenceEqual(b.Key) && a.Value.AsSpan().SequenceEqual(b.Value);
}
