-- How calls are spread over time: slots, and the pauses that move them.

local rate_limiter = require("gctokens.rate_limiter")


describe("a rate limiter", function()
  local NOW = 1000 -- seconds
  local OK = { status = 200 }

  -- Seconds until each of so many slots, all taken now.
  local function left(limiter, count, now)
    local list = {}
    for i = 1, count do
      local seconds = limiter:delay(limiter:slot(now), now)
      list[i] = math.floor(seconds * 1000 + 0.5) / 1000
    end
    return list
  end

  -- Seconds until a slot of a limiter that has observed this.
  local function left_after(attempt, err, response, pause, in_flight)
    local limiter = rate_limiter.new(60, NOW)
    limiter:observe(attempt, err, response, pause, in_flight or 0, function()
      return NOW
    end)
    return left(limiter, 1, NOW)[1]
  end

  local function window(count, allowed, reset)
    return {
      status = 200,
      rate_limit = { count = count, allowed = allowed, reset = reset },
    }
  end

  it("gives slots at equal distances", function()
    assert.same({ 0, 0.2, 0.4 }, left(rate_limiter.new(300, NOW), 3, NOW))
    assert.same({ 0, 60 }, left(rate_limiter.new(1, NOW), 2, NOW))
  end)

  it("makes up for a tenth of a second, and no more", function()
    local limiter = rate_limiter.new(1200, NOW) -- one in 0.05 s
    assert.same({ -0.1, -0.05, 0, 0.05 }, left(limiter, 4, NOW + 60))
  end)

  it("moves the slots that were given out already behind a pause", function()
    local limiter = rate_limiter.new(60, NOW)
    local first, second = limiter:slot(NOW), limiter:slot(NOW)
    limiter:pause(NOW, 10)
    assert.equal(10, limiter:delay(first, NOW))
    assert.equal(11, limiter:delay(second, NOW))
    limiter:pause(NOW + 4, 2) -- within the other
    assert.equal(11, limiter:delay(second, NOW))
    limiter:pause(NOW + 4, 8) -- longer by 2 s
    assert.equal(13, limiter:delay(second, NOW))
    assert.same({ 14 }, left(limiter, 1, NOW))
  end)

  it("waits for no slots without a rate, but for pauses", function()
    local limiter = rate_limiter.new(false, NOW)
    assert.is_true(limiter:delay(limiter:slot(NOW), NOW) <= 0)
    limiter:observe(2, nil, window(9, 9, 9), nil, 0, function()
      return NOW
    end)
    assert.is_true(limiter:delay(limiter:slot(NOW), NOW) <= 0)
    limiter:pause(NOW, 3)
    assert.equal(3, limiter:delay(limiter:slot(NOW), NOW))
  end)

  it("pauses after a 429 for as long as it says, or the retry, or 1 s",
    function()
      local limited = { status = 429 }
      assert.equal(5, left_after(1, { retry_after = 5 }, limited, 2))
      assert.equal(2, left_after(1, {}, limited, 2))
      assert.equal(1, left_after(1, {}, limited, nil))
      assert.equal(0, left_after(1, {}, { status = 503 }, 2))
    end)

  it("counts another attempt of a call as one more", function()
    assert.equal(0, left_after(1, nil, OK))
    assert.equal(1, left_after(2, nil, OK))
  end)

  it("waits out a window that is used up, with the calls in flight", function()
    assert.equal(0, left_after(1, nil, window(8, 10, 30), nil, 1))
    assert.equal(30, left_after(1, nil, window(9, 10, 30), nil, 1))
    assert.equal(30, left_after(1, nil, window(10, 10, 30)))
  end)

  it("believes no window that is longer than 90 s, or that allows nothing",
    function()
      assert.equal(90, left_after(1, nil, window(1, 1, 3600)))
      assert.equal(0, left_after(1, nil, window(0, 0, 30)))
      assert.equal(30, left_after(1, nil, window(1, 1, 30)))
      assert.equal(0, left_after(1, nil, window(nil, 1, 30)))
      assert.equal(0, left_after(1, nil, window(1, nil, 30)))
      assert.equal(0, left_after(1, nil, window(1, 1, nil)))
    end)
end)
