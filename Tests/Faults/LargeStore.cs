using System.Globalization;
using System.Text;
using Cmud.Replication;
using Cmud.Silo.Journal;

namespace Cmud.Tests.Faults;

/// <summary>Data directories of servers that hold many keys: 16 bytes each, with values of 64 bytes.</summary>
internal static class LargeStore
{
    /// <summary>Most entries of one append while a directory is made.</summary>
    private const int Batch = 4_096;

    private const int ValueBytes = 64;

    /// <summary>How many keys: few in every run, a million (or CMUD_LARGE_KEYS) in the full one.</summary>
    public static int Keys { get; } = int.TryParse(Environment.GetEnvironmentVariable("CMUD_LARGE_KEYS"), NumberStyles.None, CultureInfo.InvariantCulture, out var keys) ? keys : 50_000;

    /// <summary>Whether this is the run in which the times of the issue are asserted: only there is the store large enough, and the machine quiet enough.</summary>
    public static bool IsFull => Keys >= 1_000_000;

    /// <summary>A key by its number. Neighbours in number are far apart in order, as keys of many users are.</summary>
    public static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"{(uint)number * 2_654_435_761u:x8}{number:x8}");

    /// <summary>What a key was set to.</summary>
    public static byte[] Value(int number)
    {
        var value = Encoding.UTF8.GetBytes(new string('.', ValueBytes));
        Encoding.UTF8.GetBytes(Key(number), value);
        return value;
    }

    /// <summary>Makes the data directory of a server that took all the keys in a former life.</summary>
    /// <returns>The first write.</returns>
    public static async Task<Stamp> FillAsync(string directory, int keys)
    {
        using var journal = RocksJournal.Open(directory, "filled", new() { Durability = Durability.Interval }, TimeProvider.System);
        var first = new Stamp(new HybridClock(TimeProvider.System).Issue(), journal.Origin, 0);
        for (var from = 0; from < keys; from += Batch)
        {
            await journal.Append([.. Enumerable.Range(from, Math.Min(Batch, keys - from)).Select(number => Written(number, first, sequence: 0))]);
            journal.Take();
        }

        return first;
    }

    /// <summary>Makes the data directory of a server that got all the keys from another.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="keys">How many.</param>
    /// <param name="first">The first write that the other took.</param>
    public static async Task CopyAsync(string directory, int keys, Stamp first)
    {
        using var journal = RocksJournal.Open(directory, "copied", new() { Durability = Durability.Interval }, TimeProvider.System);
        for (var from = 0; from < keys; from += Batch)
        {
            var held = new IntervalSet();
            held.Add(new(0, (ulong)Math.Min(from + Batch, keys)));
            await journal.Keep(new()
            {
                Entries = [.. Enumerable.Range(from, Math.Min(Batch, keys - from)).Select(number => Written(number, first, (ulong)number + 1))],
                Held = [new(first.Origin, held)],
            });
        }
    }

    /// <summary>The same entry, whoever is asked for it.</summary>
    private static Entry Written(int number, Stamp first, ulong sequence) =>
        new(Encoding.UTF8.GetBytes(Key(number)), Value(number), first with { Time = new(first.Time.Value + (ulong)number) }, sequence);
}
