using System.Text;

namespace Cmud.App.Play;

/// <summary>What a script has seen, and may wait for. What was found once is not found again.</summary>
internal sealed class Transcript(TimeProvider time)
{
    /// <summary>The text kept for searches, in characters: hours of play; what is older is forgotten.</summary>
    private const int MaxKept = 1 << 20;

    /// <summary>The lines that a failed expectation tells.</summary>
    private const int LastLines = 5;

    private readonly Lock _lock = new();
    private readonly StringBuilder _unseen = new();
    private readonly Queue<string> _lines = new();
    private string _openLine = "";
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes what was written.</summary>
    public void Add(string text)
    {
        lock (_lock)
        {
            _unseen.Append(text);
            if (_unseen.Length > MaxKept) _unseen.Remove(0, _unseen.Length - MaxKept);

            var lines = (_openLine + text).Split('\n');
            foreach (var line in lines[..^1]) _lines.Enqueue(line);
            _openLine = lines[^1];
            while (_lines.Count > LastLines) _lines.Dequeue();

            _more.TrySetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Whether a text has come that no earlier call has found.</summary>
    public bool TryFind(string text)
    {
        lock (_lock)
        {
            var at = _unseen.ToString().IndexOf(text, StringComparison.Ordinal);
            if (at < 0) return false;

            _unseen.Remove(0, at + text.Length);
            return true;
        }
    }

    /// <summary>Whether a text comes in time.</summary>
    public async Task<bool> FindAsync(string text, TimeSpan within, CancellationToken cancellationToken)
    {
        var over = Task.Delay(within, time, cancellationToken);
        while (true)
        {
            // Taken first: what comes after the search completes it.
            Task more;
            lock (_lock) more = _more.Task;
            if (TryFind(text)) return true;
            if (await Task.WhenAny(more, over) != over) continue;

            await over;
            return TryFind(text);
        }
    }

    /// <summary>The last lines, for whom it was not what they expected.</summary>
    public string Tail()
    {
        lock (_lock)
            return string.Join(" | ", _lines.Append(_openLine).Select(static line => line.Trim()).Where(static line => line.Length > 0).TakeLast(LastLines));
    }
}
