using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Simulation;

/// <summary>The rows of the fault matrix that are about clocks, in virtual time: each with the other faults of its seed around it.</summary>
public sealed class ClockRowTests(ITestOutputHelper output)
{
    /// <summary>Nobody can tell it that its clock is wrong, and it stamps ahead until the wall has passed what it stamped first.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(30)]
    public void Row_20_what_a_server_ten_minutes_ahead_writes_waits_until_the_time_has_come(int seed)
    {
        var world = Run(seed, schedule => new(seed, isDurable: true)
        {
            WrongClock = new(0, TimeSpan.FromMinutes(10), TimeSpan.Zero, schedule.Load / 2),
            Settings = schedule.Settings with { AgreesOnTime = false },
        });

        Assert.True(world.Now > TimeSpan.FromMinutes(9), $"all was equal after {world.Now}");
        var alarms = world.Alarms.Where(alarm => alarm.Server != 0 && alarm.Alarm.Sentence.Contains("wait", StringComparison.Ordinal)).ToArray();
        Assert.Contains(alarms, alarm => !alarm.Alarm.IsOver);
        output.WriteLine($"{world.Schedule}\n{world.Servers.Sum(server => server.Machine!.DeferredInAll)} entries came too early; all was equal {world.Now.TotalSeconds:F1} s after the beginning; {alarms.Length} alarms");
    }

    [Fact]
    public void Row_20_a_server_that_the_others_find_wrong_stamps_as_they_do()
    {
        // Faultless, of three servers, and wrong from the middle on.
        var seed = Enumerable.Range(1, 100_000).First(seed => new Schedule(seed) is { IsFaultless: true, Servers: 3, Load.TotalSeconds: >= 10 } drawn && drawn.Delay < TimeSpan.FromMilliseconds(100));
        var world = Run(seed, schedule => new(seed) { WrongClock = new(1, TimeSpan.FromMinutes(10), schedule.Load / 2, schedule.Load) });

        Assert.Equal(0, world.Servers.Sum(server => server.Machine!.DeferredInAll));
        Assert.Contains(world.Alarms, alarm => alarm is { Server: 1, Alarm.IsOver: false });
        Assert.InRange(world.Now, world.Schedule.Load, world.Schedule.Load + TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Row_21_a_clock_that_steps_back_30_seconds_while_its_server_is_down()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            var world = Run(seed, _ => new(seed, isDurable: true) { Step = TimeSpan.FromSeconds(-30) });

            Assert.True(world.Acknowledged.Count > 0);
        }
    }

    /// <summary>Every third seed has writes that expire, and deletes. What has expired is purged, or all would not be equal.</summary>
    [Fact]
    public void Row_41_what_expires_by_skewed_clocks_is_gone_everywhere_afterwards()
    {
        for (var seed = 1; seed <= 22; seed += 3)
        {
            var world = Run(seed, schedule => new(seed, isDurable: seed % 2 == 0)
            {
                WrongClock = new(schedule.Servers - 1, TimeSpan.FromSeconds(seed % 2 == 0 ? 20 : 90), TimeSpan.Zero, schedule.Load),
            });

            Assert.Contains(world.Written, written => written.Value.Expiry != 0);
        }
    }

    private static World Run(int seed, Func<Schedule, Schedule> with)
    {
        var world = new World(with(new(seed, isDurable: true)));

        var failures = world.Run();

        Assert.True(failures.Count == 0, $"{world.Schedule}\n{string.Join('\n', failures)}");
        return world;
    }
}
